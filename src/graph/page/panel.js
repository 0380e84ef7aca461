// The side panel and the legend. All text goes through text nodes, never through markup.

function element(tag, attributes = {}, ...children) {
  const result = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) result.addEventListener(key.slice(2), value);
    else if (value === true) result.setAttribute(key, '');
    else if (value !== false && value !== null) result.setAttribute(key, value);
  }
  result.append(...children.filter((child) => child !== null));
  return result;
}

const counted = (count, one, many = `${one}s`) =>
    `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

function swatch(kind, tint) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 30 18');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'swatch');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', shapePath(kind, 1.5, 1.5, 27, 15));
  path.setAttribute('fill', tint.fill);
  path.setAttribute('stroke', tint.line);
  if (kind === 'config') path.setAttribute('stroke-dasharray', '3 2');
  svg.append(path);
  return svg;
}

const kTokens = new RegExp([
  String.raw`(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/|#(?!include|define|if|endif)[^\n]*)`,
  String.raw`(?<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')`,
  String.raw`(?<word>\b(?:return|if|else|for|while|def|class|import|from|as|in|not|and|or|const|` +
      String.raw`auto|double|float|int|bool|void|int64_t|None|True|False|true|false|lambda|with)\b)`,
  String.raw`(?<number>\b\d[\w.]*)`,
].join('|'), 'g');

function coloured(source) {
  const parts = [];
  let at = 0;
  for (const match of source.matchAll(kTokens)) {
    const kind = Object.keys(match.groups).find((key) => match.groups[key] !== undefined);
    parts.push(source.slice(at, match.index), element('span', { class: `t-${kind}` }, match[0]));
    at = match.index + match[0].length;
  }
  parts.push(source.slice(at));
  return parts;
}

function sourceSection(node) {
  const place = node.file + (node.file && node.line > 0 ? `:${node.line}` : '');
  if (!node.source && !place) return null;
  const section = element('section', {}, element('h3', {}, 'Source'));
  if (place) section.append(element('p', { class: 'place' }, place));
  if (node.source) {
    const first = node.line > 0 ? node.line : 1;
    const numbers = node.source.split('\n').map((_, i) => first + i).join('\n');
    section.append(element('div', { class: 'code', tabindex: 0, role: 'region',
                                    'aria-label': `Source of ${node.name}` },
        element('pre', { class: 'numbers', 'aria-hidden': 'true' }, numbers),
        element('pre', {}, element('code', {}, ...coloured(node.source)))));
  }
  return section;
}

// A list that shows its first entries and offers the rest.
function longList(entries, shown = 40) {
  const list = element('ul', { class: 'nodes' }, ...entries.slice(0, shown).map((make) => make()));
  if (entries.length > shown) {
    const more = element('button', { class: 'more', onclick: () => {
      more.parentElement.remove();
      list.append(...entries.slice(shown).map((make) => make()));
    } }, `${entries.length - shown} more`);
    list.append(element('li', {}, more));
  }
  return list;
}

class Panel {
  // actions: select(id), selectModule(id), toggleModule(id), filterTag({key, value}), theme()
  constructor(root, model, actions) {
    this.root = root;
    this.model = model;
    this.actions = actions;
  }

  nodeEntry(id, note) {
    const node = this.model.nodes[id];
    const tint = tintOf(this.model.modules[node.moduleId], this.actions.theme());
    return element('li', {}, element('button', { class: 'node', title: node.name,
                                                 onclick: () => this.actions.select(id) },
        swatch(node.kind, tint), element('span', { class: 'node-name' }, node.name),
        note ? element('span', { class: 'note' }, note) : null));
  }

  moduleEntry(module, note) {
    const tint = tintOf(module, this.actions.theme());
    return element('li', {}, element('button', { class: 'node',
                                                 onclick: () => this.actions.selectModule(module.id) },
        swatch('module', tint), element('span', { class: 'node-name' }, moduleLabel(module)),
        element('span', { class: 'note' }, note)));
  }

  show(...sections) {
    this.root.replaceChildren(...sections.filter((section) => section !== null));
    this.root.scrollTop = 0;
  }

  showGraph() {
    const { model } = this;
    const outputs = model.nodes.filter((node) => node.output);
    this.show(
        element('header', {}, element('h2', {}, model.title),
            element('p', { class: 'muted' }, `${counted(model.nodes.length, 'node')}, ` +
                `${counted(model.edges.length, 'edge')}, ` +
                `${counted(model.modules.length, 'module')}`)),
        outputs.length === 0 ? null : element('section', {}, element('h3', {}, 'Outputs'),
            longList(outputs.map((node) => () => this.nodeEntry(node.id, node.type)), 12)),
        element('section', {}, element('h3', {}, 'Modules'),
            longList(model.modules.map((module) => () =>
                this.moduleEntry(module, String(module.nodes.length))))));
  }

  showModule(module, isOpen, isGrouped) {
    const { model } = this;
    const neighbours = (edges, end) => {
      const counts = new Map();
      for (const id of module.nodes) {
        for (const edge of edges[id]) {
          const other = model.nodes[edge[end]].moduleId;
          if (other !== module.id) counts.set(other, (counts.get(other) ?? 0) + 1);
        }
      }
      return [...counts].sort((a, b) => b[1] - a[1]).map(([id, count]) => () =>
          this.moduleEntry(model.modules[id], counted(count, 'edge')));
    };
    const section = (title, entries) => (entries.length === 0 ? null
        : element('section', {}, element('h3', {}, title), longList(entries)));
    this.show(
        element('header', {}, element('h2', {}, moduleLabel(module)),
            element('p', { class: 'muted' }, `module, ${counted(module.nodes.length, 'node')}`),
            isGrouped ? element('button', { class: 'action',
                                            onclick: () => this.actions.toggleModule(module.id) },
                isOpen ? 'Collapse' : 'Expand') : null),
        section('Depends on', neighbours(model.inward, 'from')),
        section('Used by', neighbours(model.outward, 'to')),
        section('Nodes', module.nodes.map((id) => () =>
            this.nodeEntry(id, model.nodes[id].type))));
  }

  showNode(node) {
    const { model } = this;
    const badge = [node.kind, node.output ? 'output' : ''].filter(Boolean);
    const header = element('header', {}, element('h2', {}, node.name),
        element('p', { class: 'badges' },
            ...badge.map((text) => element('span', { class: 'badge' }, text)),
            node.type ? element('code', { class: 'type' }, node.type) : null),
        element('p', { class: 'muted' }, element('button', {
          class: 'link', onclick: () => this.actions.selectModule(node.moduleId),
        }, `module ${moduleLabel(model.modules[node.moduleId])}`)));
    if (node.doc) header.append(element('p', { class: 'doc' }, node.doc));
    this.show(header, this.tagSection(node), this.factSection(node), sourceSection(node),
        this.neighbourSection(node, 'Upstream', model.inward[node.id], 'from',
                              upstream(model, node.id).size),
        this.neighbourSection(node, 'Downstream', model.outward[node.id], 'to',
                              downstream(model, node.id).size),
        node.fingerprint ? element('section', {}, element('h3', {}, 'Fingerprint'),
            element('p', { class: 'place' }, node.fingerprint)) : null);
  }

  tagSection(node) {
    const chips = Object.entries(node.tags).flatMap(([key, values]) => values.map((value) =>
        element('button', { class: 'chip', title: 'Filter by this tag',
                            onclick: () => this.actions.filterTag({ key, value }) },
            `${key}=${value}`)));
    if (chips.length === 0) return null;
    return element('section', {}, element('h3', {}, 'Tags'),
        element('p', { class: 'chips' }, ...chips));
  }

  factSection(node) {
    const facts = Object.entries(node.facts);
    if (facts.length === 0) return null;
    return element('section', {}, element('h3', {}, 'Facts'),
        element('dl', {}, ...facts.flatMap(([key, value]) =>
            [element('dt', {}, key), element('dd', {}, value)])));
  }

  neighbourSection(node, title, edges, end, total) {
    const heading = element('h3', {}, title,
        element('span', { class: 'count' }, total === edges.length ? String(total)
            : `${edges.length} direct, ${total.toLocaleString('en')} in all`));
    if (edges.length === 0) {
      return element('section', {}, heading,
          element('p', { class: 'muted' }, end === 'from' ? 'Takes nothing.' : 'Nothing uses it.'));
    }
    return element('section', {}, heading, longList(edges.map((edge) => () => {
      const other = this.model.nodes[edge[end]].name;
      const renamed = end === 'from' && edge.parameter !== other ? `as ${edge.parameter}` : '';
      return this.nodeEntry(edge[end], [renamed, edge.optional ? 'optional' : '',
                                        this.model.nodes[edge[end]].type].filter(Boolean).join(' \u00b7 '));
    })));
  }
}

function fillLegend(root, model, theme) {
  const used = new Set(model.nodes.map((node) => node.kind));
  const neutral = { fill: 'none', line: theme.muted };
  const entry = (picture, text) => element('li', {}, picture, text);
  const line = (colour, dash) => {
    const svg = swatch('row', { fill: 'none', line: colour });
    const path = svg.firstChild;
    path.setAttribute('d', 'M2 9H28');
    path.setAttribute('stroke-width', '2.4');
    if (dash) path.setAttribute('stroke-dasharray', '5 4');
    return svg;
  };
  const kinds = ['input', 'config', 'loader', 'row', 'column', 'scalar', 'object', 'check', 'saver']
      .filter((kind) => used.has(kind)).map((kind) => entry(swatch(kind, neutral), kind));
  root.replaceChildren(element('ul', {}, ...kinds,
      entry(line(theme.up), 'upstream'), entry(line(theme.down), 'downstream'),
      model.edges.some((edge) => edge.optional) ? entry(line(theme.muted, true), 'optional') : null,
      element('li', { class: 'muted' }, 'colour: module; bold: output')));
}
