// Draws a scene, on a canvas or as SVG text: the same shapes, colours and order for both.

const kTints = [
  ['#dbeafe', '#2563eb', '#172a54', '#60a5fa'], ['#dcfce7', '#15803d', '#0c3320', '#4ade80'],
  ['#fef3c7', '#b45309', '#41290a', '#fbbf24'], ['#ede9fe', '#6d28d9', '#2d1b57', '#a78bfa'],
  ['#ffe4e6', '#be123c', '#4a1220', '#fb7185'], ['#cffafe', '#0e7490', '#0b3540', '#22d3ee'],
  ['#ffedd5', '#c2410c', '#452010', '#fb923c'], ['#ecfccb', '#4d7c0f', '#233508', '#a3e635'],
  ['#fce7f3', '#be185d', '#481230', '#f472b6'], ['#ccfbf1', '#0f766e', '#093630', '#2dd4bf'],
  ['#e0e7ff', '#4338ca', '#242056', '#818cf8'], ['#e7e5e4', '#57534e', '#33302d', '#a8a29e'],
];
const kNoTint = ['#f1f5f9', '#64748b', '#1e293b', '#94a3b8'];
const kThemes = {
  light: { dark: false, ground: '#f8fafc', text: '#0f172a', muted: '#475569', edge: '#94a3b8',
           far: '#c3ccd8', faint: '#e3e8ee', up: '#1d4ed8', down: '#c2410c', self: '#0f172a', path: '#7e22ce' },
  dark: { dark: true, ground: '#0b1120', text: '#e2e8f0', muted: '#a3b1c6', edge: '#5b6b82',
          far: '#38465a', faint: '#1a2536', up: '#60a5fa', down: '#fb923c', self: '#f8fafc', path: '#c084fc' },
};
const kFont = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';

function tintOf(module, theme) {
  const tint = module.name === '' ? kNoTint : kTints[module.id % kTints.length];
  return { fill: tint[theme.dark ? 2 : 0], line: tint[theme.dark ? 3 : 1] };
}

const fixed = (number) => Math.round(number * 10) / 10;

// The outline of a kind as SVG path data.
function shapePath(kind, x, y, width, height) {
  [x, y, width, height] = [x, y, width, height].map(fixed);
  const right = fixed(x + width);
  const bottom = fixed(y + height);
  const middle = fixed(y + height / 2);
  const cut = Math.min(9, fixed(height / 3));
  if (kind === 'input') {
    return `M${x} ${y}H${right - cut}L${right} ${middle}L${right - cut} ${bottom}H${x}Z`;
  }
  if (kind === 'config') {
    return `M${x + cut} ${y}H${right - cut}L${right} ${middle}L${right - cut} ${bottom}` +
        `H${x + cut}L${x} ${middle}Z`;
  }
  if (kind === 'check') {
    return `M${x + cut} ${y}H${right - cut}L${right} ${y + cut}V${bottom - cut}` +
        `L${right - cut} ${bottom}H${x + cut}L${x} ${bottom - cut}V${y + cut}Z`;
  }
  if (isStore(kind)) {
    const r = Math.min(7, cut);
    const half = fixed(height / 2);
    return `M${x + r} ${y}A${r} ${half} 0 0 0 ${x + r} ${bottom}H${right - r}` +
        `A${r} ${half} 0 0 0 ${right - r} ${y}ZM${right - r} ${y}` +
        `A${r} ${half} 0 0 0 ${right - r} ${bottom}`;
  }
  const r = kind === 'scalar' ? fixed(height / 2)
      : kind === 'object' ? 0 : kind === 'module' ? Math.min(10, fixed(height / 3)) : Math.min(6, cut);
  const arc = (toX, toY) => (r === 0 ? '' : `A${r} ${r} 0 0 1 ${toX} ${toY}`);
  return `M${x + r} ${y}H${right - r}${arc(right, y + r)}V${bottom - r}` +
      `${arc(right - r, bottom)}H${x + r}${arc(x, bottom - r)}V${y + r}${arc(x + r, y)}Z`;
}

// A module's second outline, which shows that there is more behind it.
const stackPath = (item) =>
    shapePath('module', item.x + 5, item.y + 5, item.width, item.height);

function curvePath(curve) {
  let path = `M${fixed(curve[0].x)} ${fixed(curve[0].y)}`;
  for (let i = 1; i < curve.length; i++) {
    const from = curve[i - 1];
    const to = curve[i];
    if (i % 2 === 0) {
      path += `H${fixed(to.x)}`;
      continue;
    }
    const back = to.x < from.x;
    const out = back ? from.x + 60 : (from.x + to.x) / 2;
    const into = back ? to.x - 60 : (from.x + to.x) / 2;
    path += `C${fixed(out)} ${fixed(from.y)} ${fixed(into)} ${fixed(to.y)} ` +
        `${fixed(to.x)} ${fixed(to.y)}`;
  }
  return path;
}

function arrowPath(curve) {
  const tip = curve[curve.length - 1];
  const [x, y] = [fixed(tip.x), fixed(tip.y)];
  return `M${x - 7} ${y - 3.4}L${x} ${y}L${x - 7} ${y + 3.4}Z`;
}

// Thicker for more edges; where some are picked out, only those count.
function linkWidth(link, group) {
  const count = group.strong ? link.marked : link.edges.length;
  return (1.2 + Math.log2(count) * 0.6) * (group.strong ? 1.6 : 1);
}

// Links in the order they are painted, in groups of one look. Where nothing is picked out, links
// between the nodes of two open modules recede behind those within; else roles dim what is not on
// the way.
function linkGroups(scene, look) {
  const { theme, linkRole } = look;
  if (linkRole === null) {
    const far = (link) => link.between !== undefined && !scene.items[link.from].closed &&
        !scene.items[link.to].closed;
    return [{ colour: theme.far, strong: false, links: scene.links.filter(far) },
            { colour: theme.edge, strong: false, links: scene.links.filter((link) => !far(link)) }];
  }
  const colour = { dim: theme.faint, plain: theme.edge, down: theme.down, up: theme.up,
                   path: theme.path };
  return Object.keys(colour).map((role) => ({
    colour: colour[role], strong: role !== 'dim' && role !== 'plain',
    links: scene.links.filter((_, i) => linkRole[i] === role),
  }));
}

function itemLook(item, look, model) {
  const tint = tintOf(model.modules[item.module], look.theme);
  const role = look.itemRole === null ? '' : look.itemRole[item.id];
  const ring = { self: look.theme.self, up: look.theme.up, down: look.theme.down,
                 path: look.theme.path }[role];
  return {
    fill: tint.fill, line: ring ?? tint.line, alpha: role === 'dim' ? 0.28 : 1,
    width: role === 'self' ? 3.2 : item.output ? 2.6 : ring ? 1.8 : 1.2,
    dash: item.kind === 'config' ? [4, 3] : [],
  };
}

function drawScene(ctx, scene, camera, look, model) {
  const { width, height, ratio } = look;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.fillStyle = look.theme.ground;
  ctx.fillRect(0, 0, width, height);
  const k = camera.k;
  ctx.setTransform(ratio * k, 0, 0, ratio * k, ratio * camera.x, ratio * camera.y);
  const view = { left: -camera.x / k, top: -camera.y / k,
                 right: (width - camera.x) / k, bottom: (height - camera.y) / k };
  for (const frame of scene.frames) drawFrame(ctx, frame, look, model);
  drawLinks(ctx, scene, look, k, view);
  for (const item of scene.items) {
    if (item.x > view.right || item.x + item.width < view.left || item.y > view.bottom ||
        item.y + item.height < view.top) continue;
    drawItem(ctx, item, itemLook(item, look, model), look, k);
  }
  ctx.globalAlpha = 1;
  for (const frame of scene.frames) drawFrameTitle(ctx, frame, look, k);
  if (k >= 0.62) return;
  for (const item of scene.items) if (item.closed) drawFarLabel(ctx, item, look, k);
}

function drawLinks(ctx, scene, look, k, view) {
  for (const group of linkGroups(scene, look)) {
    ctx.strokeStyle = ctx.fillStyle = group.colour;
    for (const link of group.links) {
      const box = link.bounds;
      if (box.left > view.right || box.right < view.left || box.top > view.bottom ||
          box.bottom < view.top) continue;
      link.path ??= new Path2D(curvePath(link.curve));
      ctx.lineWidth = Math.max(linkWidth(link, group), (group.strong ? 1.2 : 0.5) / k);
      ctx.setLineDash(link.optional ? [5, 4] : []);
      ctx.stroke(link.path);
      if (k < 0.25) continue;
      link.arrow ??= new Path2D(arrowPath(link.curve));
      ctx.fill(link.arrow);
    }
  }
  ctx.setLineDash([]);
}

function drawItem(ctx, item, style, look, k) {
  ctx.globalAlpha = style.alpha;
  ctx.fillStyle = style.fill;
  if (k < 0.1) {
    ctx.fillRect(item.x, item.y, item.width, item.height);
    ctx.strokeStyle = style.line;
    ctx.lineWidth = Math.max(style.width, 0.8 / k);
    ctx.strokeRect(item.x, item.y, item.width, item.height);
    return;
  }
  ctx.strokeStyle = style.line;
  ctx.lineWidth = Math.max(style.width, (style.width > 2 ? 1.4 : 0.5) / k);
  if (item.closed) {
    item.stack ??= new Path2D(stackPath(item));
    ctx.globalAlpha = style.alpha * 0.55;
    ctx.fill(item.stack);
    ctx.stroke(item.stack);
    ctx.globalAlpha = style.alpha;
  }
  item.path ??= new Path2D(shapePath(item.kind, item.x, item.y, item.width, item.height));
  ctx.setLineDash(style.dash);
  if (style.alpha < 1) {  // the edges behind must not shine through
    ctx.globalAlpha = 1;
    ctx.fillStyle = look.theme.ground;
    ctx.fill(item.path);
    ctx.fillStyle = style.fill;
    ctx.globalAlpha = style.alpha;
  }
  ctx.fill(item.path);
  ctx.stroke(item.path);
  ctx.setLineDash([]);
  if (look.hover === item.id) {
    ctx.lineWidth = 5;
    ctx.globalAlpha = 0.25;
    ctx.stroke(item.path);
  }
  if (k * 12 < 5) return;
  ctx.globalAlpha = style.alpha < 1 ? 0.45 : 1;
  ctx.textAlign = 'center';
  if (item.closed && k < 0.62) return;  // drawFarLabel names it
  for (const line of textLines(item)) {
    ctx.font = `${line.weight} ${line.size}px ${kFont}`;
    ctx.fillStyle = line.muted ? look.theme.muted : look.theme.text;
    ctx.fillText(line.text, line.x, line.y);
  }
}

function textLines(item) {
  const x = item.x + item.width / 2 - (isStore(item.kind) ? 5 : 0);
  const y = item.y + item.height / 2;
  const size = item.closed ? 14 : 12;
  const lines = [{ text: item.label, x, y: item.under ? y - 3 : y + 4, size, weight: 600 }];
  if (item.under) lines.push({ text: item.under, x, y: y + 13, size: 10.5, weight: 400, muted: true });
  return lines;
}

function drawFrame(ctx, frame, look, model) {
  const tint = tintOf(model.modules[frame.module], look.theme);
  frame.path ??= new Path2D(shapePath('module', frame.x, frame.y, frame.width, frame.height));
  ctx.globalAlpha = look.theme.dark ? 0.4 : 0.42;
  ctx.fillStyle = tint.fill;
  ctx.fill(frame.path);
  ctx.globalAlpha = 0.7;
  ctx.strokeStyle = tint.line;
  ctx.lineWidth = 1;
  ctx.stroke(frame.path);
  ctx.globalAlpha = 1;
}

// The title stays readable from afar: where the boxes' own text is gone, it moves to their middle.
function drawFrameTitle(ctx, frame, look, k) {
  ctx.fillStyle = look.theme.text;
  if (k * 12 >= 5) {
    ctx.textAlign = 'left';
    ctx.font = `600 14px ${kFont}`;
    ctx.fillText(`\u2212 ${frame.label}`, frame.x + 14, frame.y + 26);
    return;
  }
  const size = Math.min(15 / k, (frame.width * 0.9) / (0.62 * displayWidth(frame.label)));
  if (size * k < 6) return;
  haloText(ctx, frame.label, frame.x + frame.width / 2, frame.y + frame.height / 2 + size * 0.35, size,
           look.theme);
}

// A closed module's name from afar: as large as it can be without running into its neighbours.
function drawFarLabel(ctx, item, look, k) {
  const size = Math.min(12 / k, (item.width + 70) / (0.62 * displayWidth(item.label)));
  if (size * k < 6) return;
  const dim = look.itemRole !== null && look.itemRole[item.id] === 'dim';
  ctx.globalAlpha = dim ? 0.5 : 1;
  haloText(ctx, item.label, item.x + item.width / 2, item.y + item.height / 2 + size * 0.35, size,
           look.theme);
  ctx.globalAlpha = 1;
}

function haloText(ctx, text, x, y, size, theme) {
  ctx.textAlign = 'center';
  ctx.font = `600 ${size}px ${kFont}`;
  ctx.lineJoin = 'round';
  ctx.lineWidth = size * 0.35;
  ctx.strokeStyle = theme.ground;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = theme.text;
  ctx.fillText(text, x, y);
}

const escapeXml = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');

// The whole scene as a picture that stands alone.
function sceneToSvg(scene, look, model) {
  const margin = 24;
  const width = Math.ceil(scene.width + 2 * margin);
  const height = Math.ceil(scene.height + 2 * margin);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
        `viewBox="${-margin} ${-margin} ${width} ${height}" font-family="${escapeXml(kFont)}">`,
    `<title>${escapeXml(model.title)}</title>`,
    `<rect x="${-margin}" y="${-margin}" width="${width}" height="${height}" ` +
        `fill="${look.theme.ground}"/>`,
  ];
  for (const frame of scene.frames) {
    const tint = tintOf(model.modules[frame.module], look.theme);
    parts.push(`<path d="${shapePath('module', frame.x, frame.y, frame.width, frame.height)}" ` +
        `fill="${tint.fill}" fill-opacity="0.42" stroke="${tint.line}" stroke-opacity="0.7"/>`,
        `<text x="${frame.x + 14}" y="${frame.y + 26}" font-size="14" font-weight="600" ` +
        `fill="${look.theme.text}">${escapeXml(frame.label)}</text>`);
  }
  for (const group of linkGroups(scene, look)) {
    for (const link of group.links) {
      parts.push(`<path d="${curvePath(link.curve)}" fill="none" stroke="${group.colour}" ` +
          `stroke-width="${fixed(linkWidth(link, group))}"` +
          (link.optional ? ' stroke-dasharray="5 4"' : '') + '/>',
          `<path d="${arrowPath(link.curve)}" fill="${group.colour}"/>`);
    }
  }
  for (const item of scene.items) parts.push(itemToSvg(item, look, model));
  return parts.join('\n') + '\n</svg>\n';
}

function itemToSvg(item, look, model) {
  const style = itemLook(item, look, model);
  const node = item.closed ? null : model.nodes[item.node];
  const title = item.closed ? moduleLabel(model.modules[item.module])
      : node.name + (node.type ? `: ${node.type}` : '') + (node.doc ? `\n${node.doc}` : '');
  const paint = `fill="${style.fill}" stroke="${style.line}" stroke-width="${style.width}"`;
  let svg = `<g opacity="${style.alpha}"><title>${escapeXml(title)}</title>`;
  if (item.closed) svg += `<path d="${stackPath(item)}" ${paint} opacity="0.55"/>`;
  svg += `<path d="${shapePath(item.kind, item.x, item.y, item.width, item.height)}" ${paint}` +
      (style.dash.length > 0 ? ' stroke-dasharray="4 3"' : '') + '/>';
  for (const line of textLines(item)) {
    svg += `<text x="${fixed(line.x)}" y="${fixed(line.y)}" font-size="${line.size}" ` +
        `font-weight="${line.weight}" text-anchor="middle" ` +
        `fill="${line.muted ? look.theme.muted : look.theme.text}">${escapeXml(line.text)}</text>`;
  }
  return svg + '</g>';
}
