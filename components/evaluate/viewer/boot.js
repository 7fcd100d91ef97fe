// Starts the viewer that stands before this in the same module. The page's address may end in ?noui (only the
// scene) or ?webgpu (faster for millions of splats; there they fade as the viewer likes).
const { settings, tangents, poster, antialiased } = JSON.parse(document.getElementById('boot').textContent);
const address = new URL(location.href);

// The viewer wants the field of view of the window's longer side, in degrees. Where window and photo differ in
// shape, be as much too wide in one direction as too narrow in the other.
const fieldOfView = () => {
    const aspect = innerWidth / innerHeight;
    const tanY = Math.sqrt((tangents[0] * tangents[1]) / aspect);
    return (360 / Math.PI) * Math.atan(aspect > 1 ? tanY * aspect : tanY);
};

const fov = fieldOfView();
for (const { initial } of settings.cameras) initial.fov = fov;
for (const { keyframes } of settings.animTracks) keyframes.values.fov.fill(fov);

// The viewer opens its list of keys for a new visitor; a touch screen has none.
if (matchMedia('(pointer: coarse)').matches) {
    try {
        localStorage.controlsPanelOpen ??= 'false';
    } catch {
        // Without storage the list stays open.
    }
}

// Draw as training did: splats in order of their depth, not of their distance, and each fading as a Gaussian. By
// itself the viewer makes them end sooner, and what was trained looks thinner: 33 dB of PSNR apart; with this, 39.
const GAUSSIAN_FADE = `void modifySplatColor(vec2 gaussianUV, inout vec4 color) {
    float a = dot(gaussianUV, gaussianUV);
    float fade = exp(-4.0 * a);
    float gaussian = fade * (1.0 - exp(-4.0)) / max(fade - exp(-4.0), 1e-5);
    color.a *= mix(gaussian, 1.0, smoothstep(0.6, 1.0, a)); // the rim keeps the viewer's soft end
}`;
const drawAsTrained = ({ gsplat }) => {
    gsplat.radialSorting = false;
    gsplat.material.getShaderChunks('glsl').set('gsplatModifyPS', GAUSSIAN_FADE);
    gsplat.material.update();
};

const tellTrouble = (error) => {
    const box = document.getElementById('trouble');
    box.querySelector('small').textContent = error?.message ?? String(error);
    box.hidden = false;
};

try {
    const scene = document.getElementById('scene');
    const contents = fetch(`data:application/octet-stream;base64,${scene.textContent}`);
    scene.remove();
    contents.catch(tellTrouble);
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
    drawAsTrained(viewer.app.scene);
    viewer.events.on('loaded:changed', () => document.documentElement.setAttribute('data-loaded', ''));
    window.viewer = viewer;
} catch (error) {
    tellTrouble(error);
}
