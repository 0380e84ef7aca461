// The page: what is selected and shown, and what mouse, keys and address do to it.

const $ = (id) => document.getElementById(id);
const model = makeModel(JSON.parse($('data').textContent));
const kHopsAll = 9;  // the slider's last stop: no limit
const kLargeNodes = 150;
const canvas = $('graph');
const context = canvas.getContext('2d', { alpha: false });
const darkQuery = matchMedia('(prefers-color-scheme: dark)');
const calmQuery = matchMedia('(prefers-reduced-motion: reduce)');

const state = {
  selected: null, module: null, other: null,  // a node; a module; a second node, for paths
  grouped: model.nodes.length > kLargeNodes && model.modules.length > 1,
  open: new Set(), only: false, up: 2, down: 2, tag: null, tagMode: 'mark',
};
let scene = null;
let camera = { x: 0, y: 0, k: 1 };
let look = { theme: kThemes.light, itemRole: null, linkRole: null, hover: null,
             width: 1, height: 1, ratio: 1 };
const theme = () => kThemes[darkQuery.matches ? 'dark' : 'light'];
const panel = new Panel($('panel'), model, {
  select: (id) => select(id, true), selectModule: (id) => selectModule(id, true),
  toggleModule, filterTag, theme,
});

// --- drawing ---------------------------------------------------------------------------------

let frameAsked = false;
let snapshot = null;  // {image, camera}: the last full picture, moved about while a slow one waits
let drawCost = 0;
let lastDrawn = camera;
let settleTimer = 0;

function redraw() {
  snapshot = null;
  ask();
}

function ask() {
  if (frameAsked) return;
  frameAsked = true;
  requestAnimationFrame(() => {
    frameAsked = false;
    if (snapshot === null) drawFully();
    else drawSnapshot();
  });
}

function drawFully() {
  const start = performance.now();
  drawScene(context, scene, camera, look, model);
  lastDrawn = camera;
  drawCost = performance.now() - start;
}

// While the camera moves over a large scene, the last picture is moved instead; the real one follows
// as soon as the movement rests.
function cameraMoved() {
  if (drawCost > 12 && snapshot === null) {
    const image = document.createElement('canvas');
    image.width = canvas.width;
    image.height = canvas.height;
    image.getContext('2d', { alpha: false }).drawImage(canvas, 0, 0);
    snapshot = { image, camera: lastDrawn };
  }
  if (snapshot !== null) {
    clearTimeout(settleTimer);
    settleTimer = setTimeout(redraw, 90);
  }
  ask();
}

function drawSnapshot() {
  const { image, camera: was } = snapshot;
  const grow = camera.k / was.k;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = look.theme.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.setTransform(grow, 0, 0, grow, look.ratio * (camera.x - was.x * grow),
                       look.ratio * (camera.y - was.y * grow));
  context.drawImage(image, 0, 0);
}

let flight = 0;

function moveCamera(to) {
  camera = to;
  cameraMoved();
}

function flyTo(to) {
  cancelAnimationFrame(flight);
  const from = camera;
  if (calmQuery.matches || document.hidden) return moveCamera(to);
  const start = performance.now();
  const step = (now) => {
    const t = Math.min(1, Math.max(0, (now - start) / 220));
    const ease = t * (2 - t);
    const k = from.k * (to.k / from.k) ** ease;
    // Along a straight line of the scene, so that zoom and pan do not fight.
    const part = Math.abs(to.k - from.k) < 1e-9 ? ease : (k - from.k) / (to.k - from.k);
    const mix = (a, b) => a + (b - a) * part;
    moveCamera(t === 1 ? to : { x: mix(from.x, to.x), y: mix(from.y, to.y), k });
    if (t < 1) flight = requestAnimationFrame(step);
  };
  flight = requestAnimationFrame(step);
}

function fitCamera(box, zoomMax) {
  // The status line above and the legend below stay free.
  const [side, top, bottom] = [36, 40, $('legend').offsetHeight + 24];
  const height = Math.max(80, look.height - top - bottom);
  const k = Math.min(zoomMax, (look.width - 2 * side) / Math.max(1, box.width),
                     height / Math.max(1, box.height));
  return { k, x: look.width / 2 - k * (box.x + box.width / 2),
           y: top + height / 2 - k * (box.y + box.height / 2) };
}

const fit = () => flyTo(fitCamera({ x: 0, y: 0, width: scene.width, height: scene.height }, 1.25));

function zoom(factor, x = look.width / 2, y = look.height / 2) {
  const k = Math.min(4, Math.max(0.005, camera.k * factor));
  cancelAnimationFrame(flight);
  moveCamera({ k, x: x - (x - camera.x) * (k / camera.k), y: y - (y - camera.y) * (k / camera.k) });
}

// Brings a box into sight: pans if its text can be read, else zooms too.
function reveal(box) {
  const k = camera.k < 0.55 ? 0.8 : camera.k;
  const x = camera.x + box.x * camera.k;
  const y = camera.y + box.y * camera.k;
  const inside = k === camera.k && x > 20 && y > 40 && x + box.width * k < look.width - 20 &&
      y + box.height * k < look.height - 20;
  if (!inside) {
    flyTo({ k, x: look.width / 2 - k * (box.x + box.width / 2),
            y: look.height / 2 - k * (box.y + box.height / 2) });
  }
}

// --- what is shown ---------------------------------------------------------------------------

function currentItem() {
  const id = state.selected ?? (state.module === null ? undefined
      : model.modules[state.module].nodes.find((node) => scene.itemOf.has(node)));
  const item = id === undefined ? undefined : scene.items[scene.itemOf.get(id)];
  return item === undefined || (state.selected === null && !item.closed) ? null : item;
}

function currentBox() {
  return currentItem() ?? scene.frames.find((frame) => frame.module === state.module) ?? null;
}

// Makes the scene anew. The selected thing stays where it was on the screen.
function rebuild() {
  const before = scene === null ? null : currentBox();
  const shown = visibleNodes(model, state);
  const grouped = state.grouped && !(state.only && shown.size <= kLargeNodes);
  scene = makeScene(model, shown, grouped, state.open);
  scene.grouped = grouped;
  look.hover = null;
  updateRoles();
  const after = currentBox();
  if (before !== null && after !== null) {
    camera = { k: camera.k, x: camera.x + camera.k * (before.x - after.x),
               y: camera.y + camera.k * (before.y + before.height / 2 - after.y - after.height / 2) };
  }
  showControls(shown.size);
  redraw();
}

function showControls(shown) {
  const boxes = scene.items.length;
  const hidden = model.nodes.length - shown;
  $('status').textContent = `${counted(shown, 'node')}` +
      (boxes < shown ? ` in ${counted(boxes, 'box', 'boxes')}` : '') +
      (hidden > 0 ? `, ${hidden.toLocaleString('en')} hidden` : '');
  $('group').setAttribute('aria-pressed', String(state.grouped));
  $('expand').disabled = $('collapse').disabled = !scene.grouped;
  $('hops').classList.toggle('off', !state.only);
  $('only').checked = state.only;
  for (const side of ['up', 'down']) {
    $(side).value = state[side] === Infinity ? kHopsAll : state[side];
    $(`${side}-value`).textContent = state[side] === Infinity ? '\u221e' : state[side];
  }
  $('tag').value = state.tag === null ? '' : JSON.stringify(state.tag);
  $('tag-mode').value = state.tagMode;
  $('tag-mode').disabled = state.tag === null;
}

// Which items and links are picked out, and why.
function updateRoles() {
  look.theme = theme();
  look.itemRole = look.linkRole = null;
  if (state.selected !== null) rolesOfNode();
  else if (state.module !== null) rolesOfModule();
  if (state.tag !== null && state.tagMode === 'mark') rolesOfTag();
}

function setRoles(nodeRole, edgeRole) {
  const rank = { dim: 0, up: 1, down: 1, path: 2, plain: 3, self: 4 };
  look.itemRole = scene.items.map(() => 'dim');
  for (const [id, item] of scene.itemOf) {
    const role = nodeRole(id);
    if (rank[role] > rank[look.itemRole[item]]) look.itemRole[item] = role;
  }
  look.linkRole = scene.links.map((link) => {
    const roles = link.edges.map(edgeRole).filter((role) => role !== 'dim');
    link.marked = roles.length;
    return roles[0] ?? 'dim';
  });
}

function rolesOfNode() {
  const up = upstream(model, state.selected).set(state.selected, 0);
  const down = downstream(model, state.selected).set(state.selected, 0);
  if (state.other !== null) {
    const forward = down.has(state.other);
    const onPath = forward ? upstream(model, state.other) : downstream(model, state.other);
    onPath.set(state.other, 0);
    const side = forward ? down : up;
    const on = (id) => side.has(id) && onPath.has(id);
    setRoles((id) => (id === state.selected || id === state.other ? 'self' : on(id) ? 'path' : 'dim'),
             (edge) => (on(edge.from) && on(edge.to) ? 'path' : 'dim'));
    return;
  }
  setRoles((id) => (id === state.selected ? 'self' : up.has(id) ? 'up' : down.has(id) ? 'down' : 'dim'),
           (edge) => (up.has(edge.to) ? 'up' : down.has(edge.from) ? 'down' : 'dim'));
}

function rolesOfModule() {
  const inside = (id) => model.nodes[id].moduleId === state.module;
  const touches = new Map();
  for (const id of model.modules[state.module].nodes) {
    for (const edge of model.inward[id]) touches.set(edge.from, 'up');
    for (const edge of model.outward[id]) touches.set(edge.to, 'down');
  }
  const isOpen = currentItem() === null;
  setRoles((id) => (inside(id) ? (isOpen ? 'plain' : 'self') : touches.get(id) ?? 'dim'),
           ({ from, to }) => (inside(from) ? (inside(to) ? 'plain' : 'down') : inside(to) ? 'up' : 'dim'));
}

function rolesOfTag() {
  const marked = (id) => hasTag(model.nodes[id], state.tag);
  if (look.itemRole === null) {
    setRoles((id) => (marked(id) ? 'path' : 'dim'), () => 'dim');
    return;
  }
  for (const [id, item] of scene.itemOf) {
    if (marked(id) && look.itemRole[item] !== 'self') look.itemRole[item] = 'path';
  }
}

// --- actions ---------------------------------------------------------------------------------

function select(id, bring = false) {
  const node = model.nodes[id];
  Object.assign(state, { selected: id, module: null, other: null });
  const hiddenByTag = state.tag !== null && state.tagMode !== 'mark';
  const mustOpen = scene.grouped && !state.open.has(node.moduleId);
  if (mustOpen) state.open.add(node.moduleId);
  if (mustOpen || state.only || hiddenByTag || !scene.itemOf.has(id)) rebuild();
  else updateRoles();
  panel.showNode(node);
  announce(node);
  remember();
  redraw();
  if (bring || mustOpen) reveal(currentBox());
}

function announce(node) {
  $('live').textContent = `${node.name}, ${node.kind} ${node.type}, module ` +
      `${moduleLabel(model.modules[node.moduleId])}, ${model.inward[node.id].length} inputs, ` +
      `used by ${model.outward[node.id].length}`;
}

function selectModule(id, bring = false) {
  Object.assign(state, { selected: null, other: null, module: id });
  if (state.only) {
    state.only = false;
    rebuild();
  }
  const module = model.modules[id];
  updateRoles();
  panel.showModule(module, state.open.has(id), scene.grouped);
  $('live').textContent = `module ${moduleLabel(module)}, ${counted(module.nodes.length, 'node')}`;
  remember();
  redraw();
  const box = currentBox();
  if (bring && box !== null) {
    if (box.width * 0.75 > look.width) flyTo(fitCamera(box, 1));
    else reveal(box);
  }
}

function clearSelection() {
  Object.assign(state, { selected: null, module: null, other: null });
  if (state.only) rebuild();
  state.only = false;
  updateRoles();
  showControls(visibleNodes(model, state).size);
  panel.showGraph();
  remember();
  redraw();
}

function toggleModule(id) {
  const opening = !state.open.has(id);
  if (opening) state.open.add(id);
  else state.open.delete(id);
  Object.assign(state, { selected: null, other: null, module: id });
  rebuild();
  panel.showModule(model.modules[id], opening, scene.grouped);
  remember();
  const frame = scene.frames.find((candidate) => candidate.module === id);
  if (opening && frame !== undefined) flyTo(fitCamera(frame, 1));
  else if (currentBox() !== null) reveal(currentBox());
}

function setAllOpen(open) {
  state.open = new Set(open ? model.modules.map((module) => module.id) : []);
  rebuild();
  fit();
}

function setGrouped(grouped) {
  state.grouped = grouped;
  rebuild();
  if (currentBox() === null) fit();
  else reveal(currentBox());
}

function setOnly(only) {
  if (only && state.selected === null) {
    $('status').textContent = 'Select a node first: its neighbours are then all that is shown.';
    $('only').checked = false;
    return;
  }
  state.only = only;
  rebuild();
  remember();
  if (only) fit();
  else reveal(currentBox());
}

function setHops(side, hops) {
  state[side] = hops >= kHopsAll ? Infinity : Math.max(0, hops);
  if (state.only) {
    rebuild();
    fit();
  } else {
    showControls(visibleNodes(model, state).size);
    if (state.selected !== null) setOnly(true);
  }
  remember();
}

function filterTag(tag) {
  state.tag = tag;
  rebuild();
  if (state.tagMode !== 'mark') fit();
}

function saveSvg() {
  const blob = new Blob([sceneToSvg(scene, look, model)], { type: 'image/svg+xml' });
  const link = element('a', { href: URL.createObjectURL(blob),
                              download: `${model.title.replace(/[^\w.-]+/g, '_')}.svg` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// --- address ---------------------------------------------------------------------------------

const hopsText = (hops) => (hops === Infinity ? 'all' : String(hops));

function remember() {
  const parts = [];
  if (state.selected !== null) parts.push(`node=${encodeURIComponent(model.nodes[state.selected].name)}`);
  else if (state.module !== null) {
    parts.push(`module=${encodeURIComponent(model.modules[state.module].name)}`);
  }
  if (state.only) parts.push(`up=${hopsText(state.up)}`, `down=${hopsText(state.down)}`);
  const hash = parts.length > 0 ? `#${parts.join('&')}` : '';
  if (hash === location.hash) return;
  const sameThing = parts[0] === location.hash.slice(1).split('&')[0];
  history[sameThing ? 'replaceState' : 'pushState'](null, '', hash || location.pathname + location.search);
}

function readAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1).replaceAll('+', '%2B'));
  const hops = (text) => (text === 'all' ? Infinity : Math.max(0, parseInt(text, 10) || 0));
  state.only = wanted.has('up') || wanted.has('down');
  if (wanted.has('up')) state.up = hops(wanted.get('up'));
  if (wanted.has('down')) state.down = hops(wanted.get('down'));
  const id = model.byName.get(wanted.get('node'));
  const module = model.moduleByName.get(wanted.get('module'));
  if (id === undefined) state.only = false;
  rebuild();
  camera = fitCamera({ x: 0, y: 0, width: scene.width, height: scene.height }, 1.25);
  if (id !== undefined) {
    select(id, true);
    if (state.only) fit();
  } else if (module !== undefined) {
    selectModule(module, true);
  } else {
    Object.assign(state, { selected: null, module: null, other: null });
    updateRoles();
    panel.showGraph();
    redraw();
    if (wanted.has('node')) $('status').textContent = `There is no node named ${wanted.get('node')}.`;
  }
}

// --- mouse and touch -------------------------------------------------------------------------

const toScene = (x, y) => ({ x: (x - camera.x) / camera.k, y: (y - camera.y) / camera.k });

function itemAt(x, y) {
  const at = toScene(x, y);
  const inside = (box) => at.x >= box.x && at.x <= box.x + box.width && at.y >= box.y &&
      at.y <= box.y + box.height;
  return { item: scene.items.find(inside) ?? null,
           frame: scene.frames.find(inside) ?? null,
           title: scene.frames.find((frame) => inside({ ...frame, height: 36 })) ?? null };
}

const pointers = new Map();
let pressed = null;

canvas.addEventListener('pointerdown', (event) => {
  cancelAnimationFrame(flight);
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  pressed = { x: event.offsetX, y: event.offsetY, moved: pointers.size > 1 };
  $('tip').hidden = true;
});

canvas.addEventListener('pointermove', (event) => {
  const was = pointers.get(event.pointerId);
  if (was === undefined) return hover(event.offsetX, event.offsetY);
  const now = { x: event.offsetX, y: event.offsetY };
  if (Math.hypot(now.x - pressed.x, now.y - pressed.y) > 4) pressed.moved = true;
  if (pointers.size === 2) {
    const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
    const spread = (point) => Math.hypot(point.x - other.x, point.y - other.y);
    zoom(spread(now) / Math.max(1, spread(was)), (now.x + other.x) / 2, (now.y + other.y) / 2);
  } else if (pressed.moved) {
    canvas.classList.add('moving');
    moveCamera({ ...camera, x: camera.x + now.x - was.x, y: camera.y + now.y - was.y });
  }
  pointers.set(event.pointerId, now);
});

function release(event) {
  if (!pointers.delete(event.pointerId)) return;
  canvas.classList.remove('moving');
  if (event.type === 'pointercancel' || pressed.moved || pointers.size > 0) return;
  const { item, frame, title } = itemAt(event.offsetX, event.offsetY);
  if (item?.closed) selectModule(item.module);
  else if (item !== null && event.shiftKey && state.selected !== null) showPaths(item.node);
  else if (item !== null) select(item.node);
  else if (title !== null || (frame !== null && camera.k < 0.3)) selectModule(frame.module);
  else clearSelection();
}
canvas.addEventListener('pointerup', release);
canvas.addEventListener('pointercancel', release);

canvas.addEventListener('dblclick', (event) => {
  const { item, title } = itemAt(event.offsetX, event.offsetY);
  if (item?.closed || (item === null && title !== null)) toggleModule((item ?? title).module);
  else if (item !== null) setOnly(!state.only);
});

canvas.addEventListener('wheel', (event) => {
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 18 : 1;
  if (event.shiftKey) {
    moveCamera({ ...camera, x: camera.x - (event.deltaX || event.deltaY) * lines });
  } else {
    zoom(Math.exp(-event.deltaY * lines * 0.0016), event.offsetX, event.offsetY);
  }
}, { passive: false });

canvas.addEventListener('pointerleave', () => hover(-1e9, -1e9));

function hover(x, y) {
  const { item, title } = itemAt(x, y);
  canvas.classList.toggle('over', item !== null || title !== null);
  const tip = $('tip');
  if (item === null) {
    tip.hidden = true;
  } else {
    if (look.hover !== item.id) fillTip(tip, item);
    tip.hidden = false;
    tip.style.left = `${Math.max(4, Math.min(x + 16, look.width - tip.offsetWidth - 8))}px`;
    tip.style.top = `${y + 20 + tip.offsetHeight > look.height ? y - tip.offsetHeight - 12 : y + 20}px`;
  }
  if (look.hover !== (item?.id ?? null)) {
    look.hover = item?.id ?? null;
    redraw();
  }
}

function fillTip(tip, item) {
  if (item.closed) {
    tip.replaceChildren(element('b', {}, moduleLabel(model.modules[item.module])),
        element('p', { class: 'muted' }, `${item.under}; double click expands`));
    return;
  }
  const node = model.nodes[item.node];
  const doc = node.doc.length > 240 ? `${node.doc.slice(0, 240)}\u2026` : node.doc;
  tip.replaceChildren(element('b', {}, node.name),
      element('p', { class: 'muted' }, [node.kind, node.type, node.module].filter(Boolean).join(' \u00b7 ')),
      ...(doc ? [element('p', {}, doc)] : []));
}

function showPaths(id) {
  state.other = id === state.selected ? null : id;
  updateRoles();
  const on = look.itemRole.filter((role) => role === 'path' || role === 'self').length;
  const names = [state.selected, id].map((node) => model.nodes[node].name);
  const linked = upstream(model, id).has(state.selected) || downstream(model, id).has(state.selected);
  $('status').textContent = $('live').textContent = linked
      ? `${counted(on, 'box', 'boxes')} on the paths between ${names[0]} and ${names[1]}`
      : `No path between ${names[0]} and ${names[1]}`;
  redraw();
}

// --- keys ------------------------------------------------------------------------------------

function selectItem(item) {
  if (item.closed) selectModule(item.module, true);
  else select(item.node, true);
}

function step(key) {
  const current = currentItem();
  if (current === null) {
    const first = scene.items.reduce((best, item) =>
        (best === null || item.x + item.y / 1e4 < best.x + best.y / 1e4 ? item : best), null);
    if (first !== null) selectItem(first);
    return;
  }
  if (key === 'ArrowLeft' || key === 'ArrowRight') {
    const [near, far] = key === 'ArrowLeft' ? ['to', 'from'] : ['from', 'to'];
    const nearest = scene.links.filter((link) => link[near] === current.id)
        .map((link) => scene.items[link[far]])
        .sort((a, b) => Math.abs(a.y - current.y) - Math.abs(b.y - current.y))[0];
    if (nearest !== undefined) selectItem(nearest);
    return;
  }
  const middle = (item) => item.x + item.width / 2;
  const down = key === 'ArrowDown';
  const next = scene.items.filter((item) => item !== current &&
      Math.abs(middle(item) - middle(current)) < 40 && (down ? item.y > current.y : item.y < current.y))
      .sort((a, b) => (down ? a.y - b.y : b.y - a.y))[0];
  if (next !== undefined) selectItem(next);
}

const kHopKeys = { '[': ['up', -1], ']': ['up', 1], '{': ['down', -1], '}': ['down', 1] };

function pressKey(key) {
  if (key.startsWith('Arrow')) return step(key);
  if (key in kHopKeys) {
    const [side, by] = kHopKeys[key];
    return setHops(side, Math.min(kHopsAll, state[side]) + by);
  }
  const keys = {
    '/': () => $('search').focus(),
    '+': () => zoom(1.25), '=': () => zoom(1.25), '-': () => zoom(0.8),
    f: fit, 0: fit, g: () => setGrouped(!state.grouped), o: () => setOnly(!state.only),
    s: saveSvg, '?': () => $('keys').showModal(), Escape: clearSelection,
    z: () => currentBox() !== null && flyTo(fitCamera(currentBox(), 1.25)),
    Enter: () => state.module !== null && scene.grouped && toggleModule(state.module),
    c: () => {
      const module = state.module ?? model.nodes[state.selected ?? -1]?.moduleId;
      if (scene.grouped && state.open.has(module)) toggleModule(module);
    },
  };
  if (!Object.hasOwn(keys, key)) return false;
  keys[key]();
  return true;
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $('keys').open) return;
  const target = event.target;
  if (target.matches('input, select, textarea')) return;
  const onCanvas = target === canvas || target === document.body;
  if (!onCanvas && (event.key.startsWith('Arrow') || event.key === 'Enter')) return;
  if (pressKey(event.key) !== false) event.preventDefault();
});

// --- search ----------------------------------------------------------------------------------

let suggestions = [];
let chosen = 0;

function suggest() {
  const list = $('suggestions');
  const text = $('search').value.trim();
  suggestions = searchModel(model, text, 14);
  chosen = 0;
  list.replaceChildren(...suggestions.map((found, i) => {
    const module = found.module ?? model.modules[found.node.moduleId];
    const label = found.module ? moduleLabel(module) : found.node.name;
    const kind = found.module ? 'module' : found.node.kind;
    return element('li', { role: 'option', id: `suggestion-${i}`,
                           onpointerdown: (event) => { event.preventDefault(); choose(i); },
                           onpointermove: () => { chosen = i; markChosen(); } },
        swatch(kind, tintOf(module, theme())), element('span', { class: 'node-name' }, label),
        element('span', { class: 'muted' }, found.module ? 'module' : found.node.type),
        found.why ? element('span', { class: 'note' }, found.why) : null);
  }));
  if (text !== '' && suggestions.length === 0) {
    list.append(element('li', { class: 'none', role: 'option', 'aria-disabled': 'true' }, 'Nothing fits.'));
  }
  list.hidden = text === '';
  $('search').setAttribute('aria-expanded', String(!list.hidden));
  markChosen();
}

function markChosen() {
  const options = $('suggestions').children;
  for (let i = 0; i < suggestions.length; i++) {
    options[i].setAttribute('aria-selected', String(i === chosen));
    if (i === chosen) options[i].scrollIntoView({ block: 'nearest' });
  }
  if (suggestions.length > 0) {
    $('search').setAttribute('aria-activedescendant', `suggestion-${chosen}`);
  } else {
    $('search').removeAttribute('aria-activedescendant');
  }
}

function choose(i) {
  const found = suggestions[i];
  if (found === undefined) return;
  $('suggestions').hidden = true;
  $('search').setAttribute('aria-expanded', 'false');
  canvas.focus();
  if (found.module) selectModule(found.module.id, true);
  else select(found.node.id, true);
}

$('search').addEventListener('input', suggest);
$('search').addEventListener('focus', suggest);
$('search').addEventListener('blur', () => {
  $('suggestions').hidden = true;
  $('search').setAttribute('aria-expanded', 'false');
});
$('search').addEventListener('keydown', (event) => {
  const count = suggestions.length;
  if (event.key === 'ArrowDown' && count > 0) chosen = (chosen + 1) % count;
  else if (event.key === 'ArrowUp' && count > 0) chosen = (chosen + count - 1) % count;
  else if (event.key === 'Enter') choose(chosen);
  else if (event.key === 'Escape') canvas.focus();
  else return;
  event.preventDefault();
  markChosen();
});

// --- the bar ---------------------------------------------------------------------------------

function fillTags() {
  const counts = tagCounts(model);
  const option = (tag, label) => element('option', { value: JSON.stringify(tag) }, label);
  $('tag').replaceChildren(element('option', { value: '' }, 'Tag: any'));
  for (const [key, values] of [...counts].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
    const group = element('optgroup', { label: key });
    if (values.size > 1) group.append(option({ key, value: null }, `${key} (any value)`));
    for (const [value, count] of [...values].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))) {
      group.append(option({ key, value }, `${key}=${value} (${count})`));
    }
    $('tag').append(group);
  }
  $('tags').hidden = counts.size === 0;
}

function resize() {
  const { width, height } = $('stage').getBoundingClientRect();
  look.ratio = window.devicePixelRatio || 1;
  camera = { ...camera, x: camera.x + (width - look.width) / 2, y: camera.y + (height - look.height) / 2 };
  look.width = width;
  look.height = height;
  canvas.width = Math.round(width * look.ratio);
  canvas.height = Math.round(height * look.ratio);
  redraw();
}

function start() {
  document.title = model.title;
  $('title').textContent = model.title;
  $('title').title = model.title;
  canvas.setAttribute('aria-label', `Graph of ${counted(model.nodes.length, 'node')} in ` +
      counted(model.modules.length, 'module'));
  fillTags();
  fillLegend($('legend-body'), model, theme());
  if (model.modules.length < 2) $('group').hidden = $('expand').hidden = $('collapse').hidden = true;
  $('group').onclick = () => setGrouped(!state.grouped);
  $('expand').onclick = () => setAllOpen(true);
  $('collapse').onclick = () => setAllOpen(false);
  $('fit').onclick = fit;
  $('save').onclick = saveSvg;
  $('help').onclick = () => $('keys').showModal();
  $('only').onchange = () => setOnly($('only').checked);
  for (const side of ['up', 'down']) $(side).oninput = () => setHops(side, Number($(side).value));
  $('tag').onchange = () => filterTag($('tag').value === '' ? null : JSON.parse($('tag').value));
  $('tag-mode').onchange = () => { state.tagMode = $('tag-mode').value; filterTag(state.tag); };
  darkQuery.addEventListener('change', () => {
    updateRoles();
    fillLegend($('legend-body'), model, theme());
    if (state.selected !== null) panel.showNode(model.nodes[state.selected]);
    redraw();
  });
  window.addEventListener('popstate', readAddress);
  resize();
  readAddress();
  new ResizeObserver(resize).observe($('stage'));
}

start();
