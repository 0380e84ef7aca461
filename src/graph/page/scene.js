// From the visible nodes and the open modules to a scene: items (node boxes and closed modules), the
// frames of open modules, and curves. Coordinates are those of the scene; paint.js draws it.

const kText = { nameColumn: 7.4, typeColumn: 6.3, columnsMax: 34 };
const kBox = { height: 42, widthMin: 84, padding: 15 };
const kFrame = { padding: 18, title: 30 };
const kWide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function displayWidth(text) {
  let width = 0;
  for (const c of text) width += c > '\u10ff' && kWide.test(c) ? 2 : 1;
  return width;
}

function shortened(text, columns) {
  if (displayWidth(text) <= columns) return text;
  const points = Array.from(text);
  const back = Math.floor((columns - 1) / 2);
  return points.slice(0, columns - 1 - back).join('') + '\u2026' +
      points.slice(points.length - back).join('');
}

const isStore = (kind) => kind === 'loader' || kind === 'saver';

function nodeItem(node) {
  const label = shortened(node.name, kText.columnsMax);
  const under = shortened(node.type, kText.columnsMax);
  const text = Math.max(kText.nameColumn * displayWidth(label),
                        kText.typeColumn * displayWidth(under));
  return { node: node.id, module: node.moduleId, label, under, kind: node.kind,
           output: node.output,
           width: Math.max(kBox.widthMin, text + 2 * kBox.padding + (isStore(node.kind) ? 10 : 0)),
           height: kBox.height };
}

function moduleItem(model, module, shown) {
  const ids = module.nodes.filter((id) => shown.has(id));
  const outputs = ids.filter((id) => model.nodes[id].output).length;
  const label = shortened(moduleLabel(module), 40);
  const under = `${ids.length} node${ids.length === 1 ? '' : 's'}` +
      (outputs > 0 ? `, ${outputs} output${outputs === 1 ? '' : 's'}` : '');
  const text = Math.max(8.6 * displayWidth(label), kText.typeColumn * displayWidth(under));
  return { closed: true, module: module.id, label, under, kind: 'module', output: outputs > 0,
           width: Math.max(150, text + 52), height: 58 };
}

// The items, and for every visible node the item that stands for it.
function makeItems(model, shown, grouped, open) {
  const items = [];
  const itemOf = new Map();
  for (const module of model.modules) {
    const ids = module.nodes.filter((id) => shown.has(id));
    if (ids.length === 0) continue;
    if (grouped && !open.has(module.id)) {
      for (const id of ids) itemOf.set(id, items.length);
      items.push(moduleItem(model, module, shown));
      continue;
    }
    for (const id of ids) {
      itemOf.set(id, items.length);
      items.push(nodeItem(model.nodes[id]));
    }
  }
  return { items, itemOf };
}

// Edges between items, those of one pair taken together.
function makeLinks(model, itemOf) {
  const links = new Map();
  for (const edge of model.edges) {
    const from = itemOf.get(edge.from);
    const to = itemOf.get(edge.to);
    if (from === undefined || to === undefined || from === to) continue;
    const key = from * itemOf.size + to;
    const known = links.get(key);
    if (known === undefined) {
      links.set(key, { from, to, edges: [edge], optional: edge.optional });
    } else {
      known.edges.push(edge);
      known.optional = known.optional && edge.optional;
    }
  }
  return [...links.values()];
}

function makeScene(model, shown, grouped, open) {
  const { items, itemOf } = makeItems(model, shown, grouped, open);
  const links = makeLinks(model, itemOf);
  items.forEach((item, i) => { item.id = i; });
  const scene = { items, itemOf, links, frames: [], width: 0, height: 0 };
  if (grouped) placeGrouped(model, scene);
  else placeFlat(scene);
  enterTargets(scene);
  for (const link of links) link.bounds = curveBounds(link.curve);
  return scene;
}

const rightOf = (item) => ({ x: item.x + item.width, y: item.y + item.height / 2 });

function follow(curve, bends, x, y) {
  for (const bend of bends) {
    curve.push({ x: bend.left + x, y: bend.y + y }, { x: bend.right + x, y: bend.y + y });
  }
}

function placeFlat(scene) {
  const layout = layeredLayout(scene.items, scene.links);
  scene.items.forEach((item, i) => Object.assign(item, layout.boxes[i]));
  scene.links.forEach((link, i) => {
    link.curve = [rightOf(scene.items[link.from])];
    follow(link.curve, layout.trunks[link.from].slice(0, layout.edgeBends[i]), 0, 0);
  });
  scene.width = layout.width;
  scene.height = layout.height;
}

function placeGrouped(model, scene) {
  // One group a closed module or an open one; `local` is an item's place in its group.
  const groups = [];
  const groupOfModule = new Map();
  const local = scene.items.map((item) => {
    if (!groupOfModule.has(item.module)) {
      groupOfModule.set(item.module, groups.length);
      groups.push({ module: item.module, items: [], links: [], closed: item.closed ?? false });
    }
    const group = groups[groupOfModule.get(item.module)];
    return group.items.push(item) - 1;
  });
  const groupOf = (item) => groupOfModule.get(scene.items[item].module);
  const between = new Map();
  for (const link of scene.links) {
    const from = groupOf(link.from);
    const to = groupOf(link.to);
    if (from === to) {
      groups[from].links.push(link);
      continue;
    }
    const key = from * groups.length + to;
    if (!between.has(key)) between.set(key, { from, to, at: between.size });
    link.between = between.get(key);
  }
  const sizes = groups.map((group) => {
    if (group.closed) return { width: group.items[0].width, height: group.items[0].height };
    group.layout = layeredLayout(group.items, group.links.map(
        (link) => ({ from: local[link.from], to: local[link.to] })));
    return { width: group.layout.width + 2 * kFrame.padding,
             height: group.layout.height + 2 * kFrame.padding + kFrame.title };
  });
  const outer = layeredLayout(sizes, [...between.values()],
                              { layerGap: 72, nodeGap: 32, layerSizeMin: 9 });
  groups.forEach((group, i) => {
    const frame = outer.boxes[i];
    if (group.closed) {
      Object.assign(group.items[0], frame);
      return;
    }
    scene.frames.push({ ...frame, module: group.module,
                        label: moduleLabel(model.modules[group.module]) });
    const x = frame.x + kFrame.padding;
    const y = frame.y + kFrame.padding + kFrame.title;
    group.items.forEach((item, k) => {
      const box = group.layout.boxes[k];
      Object.assign(item, box, { x: box.x + x, y: box.y + y });
    });
    group.links.forEach((link, k) => {
      link.curve = [rightOf(scene.items[link.from])];
      const trunk = group.layout.trunks[local[link.from]];
      follow(link.curve, trunk.slice(0, group.layout.edgeBends[k]), x, y);
    });
  });
  for (const link of scene.links) {
    if (link.between === undefined) continue;
    link.curve = [rightOf(scene.items[link.from])];
    const trunk = outer.trunks[link.between.from];
    follow(link.curve, trunk.slice(0, outer.edgeBends[link.between.at]), 0, 0);
  }
  scene.width = outer.width;
  scene.height = outer.height;
}

function enterTargets(scene) {
  const entering = scene.items.map(() => []);
  for (const link of scene.links) entering[link.to].push(link);
  entering.forEach((links, i) => {
    const item = scene.items[i];
    links.sort((a, b) => a.curve[a.curve.length - 1].y - b.curve[b.curve.length - 1].y);
    const step = Math.min(7, (item.height - 14) / links.length);
    links.forEach((link, k) => link.curve.push({
      x: item.x, y: item.y + item.height / 2 + (k - (links.length - 1) / 2) * step,
    }));
  });
}

function curveBounds(curve) {
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const point of curve) {
    bounds.left = Math.min(bounds.left, point.x - 60);
    bounds.right = Math.max(bounds.right, point.x + 60);
    bounds.top = Math.min(bounds.top, point.y);
    bounds.bottom = Math.max(bounds.bottom, point.y);
  }
  return bounds;
}
