// The graph as the page knows it: nodes by position, neighbours, modules, tags, and what a reader may
// ask of them. Nothing here touches the document.

function makeModel(data) {
  const nodes = data.nodes.map((node, id) => ({
    id, kind: '', type: '', module: '', doc: '', source: '', file: '', line: 0, fingerprint: '',
    tags: {}, facts: {}, output: false, ...node,
  }));
  const byName = new Map(nodes.map((node) => [node.name, node.id]));
  const edges = data.edges.map((edge) => ({
    from: byName.get(edge.from), to: byName.get(edge.to),
    parameter: edge.parameter ?? edge.from, optional: edge.optional ?? false,
  }));
  const inward = nodes.map(() => []);
  const outward = nodes.map(() => []);
  for (const edge of edges) {
    inward[edge.to].push(edge);
    outward[edge.from].push(edge);
  }
  const modules = [];
  const moduleByName = new Map();
  for (const node of nodes) {
    if (!moduleByName.has(node.module)) {
      moduleByName.set(node.module, modules.length);
      modules.push({ id: modules.length, name: node.module, nodes: [] });
    }
    node.moduleId = moduleByName.get(node.module);
    modules[node.moduleId].nodes.push(node.id);
  }
  return { title: data.title || 'graph', nodes, byName, edges, inward, outward, modules,
           moduleByName };
}

const moduleLabel = (module) => module.name || '(no module)';

// Nodes within `hops` edges of `start` on one side, without it: Map of id to distance.
function reach(neighbours, end, start, hops) {
  const found = new Map([[start, 0]]);
  let border = [start];
  for (let hop = 1; hop <= hops && border.length > 0; hop++) {
    const next = [];
    for (const id of border) {
      for (const edge of neighbours[id]) {
        if (found.has(edge[end])) continue;
        found.set(edge[end], hop);
        next.push(edge[end]);
      }
    }
    border = next;
  }
  found.delete(start);
  return found;
}

const upstream = (model, id, hops = Infinity) => reach(model.inward, 'from', id, hops);
const downstream = (model, id, hops = Infinity) => reach(model.outward, 'to', id, hops);

// "key" or "key=value" for every tag, with how many nodes bear it, most first within a key.
function tagCounts(model) {
  const counts = new Map();
  for (const node of model.nodes) {
    for (const [key, values] of Object.entries(node.tags)) {
      for (const value of values) {
        const valuesOf = counts.get(key) ?? counts.set(key, new Map()).get(key);
        valuesOf.set(value, (valuesOf.get(value) ?? 0) + 1);
      }
    }
  }
  return counts;
}

const hasTag = (node, tag) => Object.hasOwn(node.tags, tag.key) &&
    (tag.value === null || node.tags[tag.key].includes(tag.value));

// What the view's settings leave of the graph: a Set of ids.
function visibleNodes(model, state) {
  let shown = new Set(model.nodes.keys());
  if (state.only && state.selected !== null) {
    shown = new Set([state.selected, ...upstream(model, state.selected, state.up).keys(),
                     ...downstream(model, state.selected, state.down).keys()]);
  }
  if (state.tag !== null && state.tagMode !== 'mark') {
    const wanted = new Set();
    for (const node of model.nodes) if (hasTag(node, state.tag)) wanted.add(node.id);
    if (state.tagMode === 'flow') {
      const stack = [...wanted];
      while (stack.length > 0) {
        for (const edge of model.outward[stack.pop()]) {
          if (wanted.has(edge.to)) continue;
          wanted.add(edge.to);
          stack.push(edge.to);
        }
      }
    }
    if (state.selected !== null) wanted.add(state.selected);
    shown = new Set([...shown].filter((id) => wanted.has(id)));
  }
  return shown;
}

// Nodes and modules that fit the text, best first: {node | module, why}.
function searchModel(model, text, limit) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const found = [];
  for (const node of model.nodes) {
    let score = 0;
    let why = '';
    for (const word of words) {
      const [points, reason] = wordScore(node, word);
      if (points === 0) {
        score = 0;
        break;
      }
      score += points;
      if (reason) why = reason;
    }
    if (score > 0) found.push({ node, why, score: score - node.name.length / 1000 });
  }
  for (const module of model.modules) {
    const label = moduleLabel(module).toLowerCase();
    if (words.every((word) => label.includes(word))) {
      found.push({ module, why: `${module.nodes.length} nodes`,
                   score: label === words.join(' ') ? 99 : 55 });
    }
  }
  found.sort((a, b) => b.score - a.score);
  return found.slice(0, limit);
}

function wordScore(node, word) {
  const name = node.name.toLowerCase();
  if (name === word) return [100, ''];
  if (name.startsWith(word)) return [80, ''];
  const at = name.indexOf(word);
  if (at > 0) return [/[^a-z0-9]/.test(name[at - 1]) ? 70 : 60, ''];
  for (const [key, values] of Object.entries(node.tags)) {
    const tag = values.map((value) => `${key}=${value}`).join(' ');
    if (tag.toLowerCase().includes(word)) return [50, tag];
  }
  if (node.type.toLowerCase().includes(word)) return [40, node.type];
  if (node.kind.toLowerCase().includes(word)) return [35, node.kind];
  if (node.module.toLowerCase().includes(word)) return [30, `module ${node.module}`];
  const inDoc = node.doc.toLowerCase().indexOf(word);
  if (inDoc >= 0) {
    const from = Math.max(0, inDoc - 24);
    return [20, (from > 0 ? '\u2026' : '') + node.doc.slice(from, inDoc + 56)];
  }
  return [0, ''];
}
