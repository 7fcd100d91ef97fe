// Starts the viewer that stands before this in the same module. Its address may end in ?noui (only the scene).
const { settings, tangents, poster } = JSON.parse(document.getElementById('boot').textContent);
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
        ui: !address.searchParams.has('noui'),
        renderer: address.searchParams.has('webgl') ? 'webgl' : 'webgpu',
        noanim: true
    });
    viewer.events.on('loaded:changed', () => document.documentElement.setAttribute('data-loaded', ''));
    window.viewer = viewer;
} catch (error) {
    tellTrouble(error);
}
