// Starts the viewer, whose script precedes this one in the same module. Options in the page's address: ?noui shows
// only the scene; ?webgpu is faster for millions of splats, which then have the viewer's own falloff.
const { settings, tangents, poster, antialiased } = JSON.parse(document.getElementById('boot').textContent);
const address = new URL(location.href);

// The viewer takes the field of view of the window's longer side, in degrees. If the aspect ratios of window and
// photo differ, one direction gets wider and the other narrower by the same factor.
const fieldOfView = () => {
    const aspect = innerWidth / innerHeight;
    const tanY = Math.sqrt((tangents[0] * tangents[1]) / aspect);
    return (360 / Math.PI) * Math.atan(aspect > 1 ? tanY * aspect : tanY);
};

const fov = fieldOfView();
for (const { initial } of settings.cameras) initial.fov = fov;
for (const { keyframes } of settings.animTracks) keyframes.values.fov.fill(fov);

// The viewer opens its list of keyboard shortcuts on the first visit; a touch screen has no keyboard.
if (matchMedia('(pointer: coarse)').matches) {
    try {
        localStorage.controlsPanelOpen ??= 'false';
    } catch {
        // Without storage the list stays open.
    }
}

// Render as training does: splats sorted by depth instead of distance, with the falloff of a Gaussian instead of the
// viewer's own, which ends sooner. PSNR between viewer and our renders on the demo scene: 39 dB, and 33 dB without.
const GAUSSIAN_FALLOFF = `void modifySplatColor(vec2 gaussianUV, inout vec4 color) {
    float a = dot(gaussianUV, gaussianUV);
    float fade = exp(-4.0 * a);
    float gaussian = fade * (1.0 - exp(-4.0)) / max(fade - exp(-4.0), 1e-5);
    color.a *= mix(gaussian, 1.0, smoothstep(0.6, 1.0, a)); // the rim keeps the viewer's falloff
}`;
const renderAsTrained = ({ gsplat }) => {
    gsplat.radialSorting = false;
    gsplat.material.getShaderChunks('glsl').set('gsplatModifyPS', GAUSSIAN_FALLOFF);
    gsplat.material.update();
};

const showError = (error) => {
    const box = document.getElementById('load-error');
    box.querySelector('small').textContent = error?.message ?? String(error);
    box.hidden = false;
};

try {
    const scene = document.getElementById('scene');
    const contents = fetch(`data:application/octet-stream;base64,${scene.textContent}`);
    scene.remove();
    contents.catch(showError);
    const viewer = await createViewer({
        container: document.body,
        settings,
        contentUrl: 'scene.sog',
        contentFilename: 'scene.sog',
        contents,
        posterUrl: poster ?? undefined,
        aa: antialiased,
        ui: !address.searchParams.has('noui'),
        renderer: address.searchParams.has('webgpu') ? 'webgpu' : 'webgl',
        noanim: true
    });
    renderAsTrained(viewer.app.scene);
    viewer.events.on('loaded:changed', () => document.documentElement.setAttribute('data-loaded', ''));
    window.viewer = viewer;
} catch (error) {
    showError(error);
}
