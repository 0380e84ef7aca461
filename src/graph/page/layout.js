// Layered layout: the same method, in the same steps, as src/graph/layout.cc, for the views that the
// reader makes on the page. See there for why each step is as it is.

function adjacency(count, edges, outgoing) {
  const begin = new Uint32Array(count + 1);
  for (const edge of edges) begin[(outgoing ? edge.from : edge.to) + 1]++;
  for (let i = 0; i < count; i++) begin[i + 1] += begin[i];
  const next = begin.slice(0, count);
  const other = new Uint32Array(edges.length);
  for (const edge of edges) {
    other[next[outgoing ? edge.from : edge.to]++] = outgoing ? edge.to : edge.from;
  }
  return { of: (vertex) => other.subarray(begin[vertex], begin[vertex + 1]) };
}

function acyclic(count, edges) {
  const out = adjacency(count, edges, true);
  const state = new Uint8Array(count);  // 0 new, 1 open, 2 done
  const next = new Uint32Array(count);
  const result = [];
  for (let root = 0; root < count; root++) {
    if (state[root] !== 0) continue;
    const stack = [root];
    state[root] = 1;
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      const targets = out.of(node);
      if (next[node] === targets.length) {
        state[node] = 2;
        stack.pop();
        continue;
      }
      const to = targets[next[node]++];
      if (state[to] === 1) continue;
      result.push({ from: node, to });
      if (state[to] === 0) {
        state[to] = 1;
        stack.push(to);
      }
    }
  }
  return result;
}

function topologicalOrder(count, inward, outward) {
  const missing = new Uint32Array(count);
  const order = [];
  for (let node = 0; node < count; node++) {
    missing[node] = inward.of(node).length;
    if (missing[node] === 0) order.push(node);
  }
  for (let i = 0; i < order.length; i++) {
    for (const to of outward.of(order[i])) if (--missing[to] === 0) order.push(to);
  }
  return order;
}

function layerSizeMax(sizes, options) {
  let width = 0;
  let height = 0;
  for (const size of sizes) {
    width += size.width + options.layerGap;
    height += size.height + options.nodeGap;
  }
  if (height === 0) return 1;
  const wanted = Math.sqrt((sizes.length * width) / (height * options.aspect));
  return Math.max(options.layerSizeMin, Math.ceil(1.5 * wanted));
}

function scheduledLayers(count, inward, outward, order, sizeMax) {
  const way = new Uint32Array(count);
  for (let i = count - 1; i >= 0; i--) {
    for (const to of outward.of(order[i])) way[order[i]] = Math.max(way[order[i]], way[to] + 1);
  }
  const missing = new Uint32Array(count);
  const layer = new Uint32Array(count);
  // Ready nodes by the length of their way to a sink; `top` is the longest that may be filled.
  const ready = Array.from({ length: count + 1 }, () => null);
  let top = 0;
  const add = (node) => {
    (ready[way[node]] ??= []).push(node);
    top = Math.max(top, way[node]);
  };
  for (let node = count - 1; node >= 0; node--) {
    missing[node] = inward.of(node).length;
    if (missing[node] === 0) add(node);
  }
  for (let done = 0, now = 0; done < count; now++) {
    const taken = [];
    while (taken.length < sizeMax) {
      while (top > 0 && !ready[top]?.length) top--;
      if (!ready[top]?.length) break;
      taken.push(ready[top].pop());
    }
    for (const node of taken) {
      layer[node] = now;
      for (const to of outward.of(node)) if (--missing[to] === 0) add(to);
    }
    done += taken.length;
  }
  return layer;
}

function shortenEdges(inward, outward, order, sizeMax, layer) {
  const count = new Uint32Array(layer.reduce((a, b) => Math.max(a, b), 0) + 1);
  for (const at of layer) count[at]++;
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i];
    const users = outward.of(node);
    if (users.length <= inward.of(node).length) continue;
    let latest = count.length;
    for (const to of users) latest = Math.min(latest, layer[to]);
    for (let at = latest - 1; at > layer[node]; at--) {
      if (count[at] >= sizeMax) continue;
      count[layer[node]]--;
      count[at]++;
      layer[node] = at;
      break;
    }
  }
}

function withTrunks(count, edges, nodeLayer) {
  const bends = new Uint32Array(count);
  for (const { from, to } of edges) {
    bends[from] = Math.max(bends[from], nodeLayer[to] - nodeLayer[from] - 1);
  }
  let budget = 2 * (count + edges.length) + 64;
  for (const node of Array.from(bends.keys()).sort((a, b) => bends[a] - bends[b] || a - b)) {
    if (bends[node] > budget) bends[node] = 0;
    budget -= bends[node];
  }
  const layer = Array.from(nodeLayer);
  const links = [];
  const trunkBegin = [0];
  for (let node = 0; node < count; node++) {
    let before = node;
    for (let i = 0; i < bends[node]; i++) {
      links.push({ from: before, to: layer.length });
      before = layer.length;
      layer.push(layer[node] + 1 + i);
    }
    trunkBegin.push(layer.length - count);
  }
  for (const { from, to } of edges) {
    const span = layer[to] - layer[from];
    const bent = span > 1 && span - 1 <= bends[from];
    links.push({ from: bent ? count + trunkBegin[from] + span - 2 : from, to });
  }
  const rows = [];
  layer.forEach((at, vertex) => (rows[at] ??= []).push(vertex));
  for (let i = 0; i < rows.length; i++) rows[i] ??= [];
  return {
    nodes: count, layer, links, trunkBegin, rows,
    inward: adjacency(layer.length, links, false),
    outward: adjacency(layer.length, links, true),
  };
}

function improveOrder(graph) {
  const place = new Float64Array(graph.layer.length);
  const number = (row) => row.forEach((vertex, i) => { place[vertex] = i; });
  graph.rows.forEach(number);
  const key = new Float64Array(graph.layer.length);
  const share = (vertex) => (place[vertex] + 0.5) / graph.rows[graph.layer[vertex]].length;

  const sortRow = (row, neighbours) => {
    for (const vertex of row) {
      const others = neighbours.of(vertex);
      let sum = 0;
      for (const other of others) sum += share(other);
      key[vertex] = others.length === 0 ? share(vertex) : sum / others.length;
    }
    row.sort((a, b) => key[a] - key[b]);
    number(row);
  };
  const sweeps = graph.layer.length > 12000 ? 4 : 12;
  const keepRows = () => graph.rows.map((row) => row.slice());
  let best = keepRows();
  let fewest = Infinity;
  for (let sweep = 0, failures = 0; sweep < sweeps && fewest > 0 && failures < 4; sweep++) {
    const last = graph.rows.length - 1;
    for (let i = 0; i <= last; i++) {
      if (sweep % 2 === 0) sortRow(graph.rows[i], graph.inward);
      else sortRow(graph.rows[last - i], graph.outward);
    }
    if (graph.layer.length <= 3000) switchNeighbours(graph, place);
    const now = crossings(graph, place);
    failures++;
    if (now < fewest) {
      fewest = now;
      best = keepRows();
      failures = 0;
    }
  }
  graph.rows = best;
}

function switchNeighbours(graph, place) {
  const degreeMax = 24;
  const pair = (above, below) => {
    let count = 0;
    for (const a of above) for (const b of below) if (place[a] > place[b]) count++;
    return count;
  };
  const helps = (above, below) => {
    let gain = 0;
    for (const side of [graph.inward, graph.outward]) {
      const a = side.of(above);
      const b = side.of(below);
      if (a.length > degreeMax || b.length > degreeMax) return false;
      gain += pair(a, b) - pair(b, a);
    }
    return gain > 0;
  };
  for (let round = 0, changed = true; round < 4 && changed; round++) {
    changed = false;
    for (const row of graph.rows) {
      for (let i = 0; i + 1 < row.length; i++) {
        if (!helps(row[i], row[i + 1])) continue;
        [row[i], row[i + 1]] = [row[i + 1], row[i]];
        place[row[i]] = i;
        place[row[i + 1]] = i + 1;
        changed = true;
      }
    }
  }
}

function crossings(graph, place) {
  let total = 0;
  for (let i = 0; i + 1 < graph.rows.length; i++) {
    const size = graph.rows[i + 1].length;
    const tree = new Uint32Array(size + 1);
    let seen = 0;
    for (const vertex of graph.rows[i]) {
      const ends = [];
      for (const to of graph.outward.of(vertex)) if (graph.layer[to] === i + 1) ends.push(place[to]);
      for (const end of ends) {
        let notAfter = 0;
        for (let at = end + 1; at > 0; at -= at & -at) notAfter += tree[at];
        total += seen - notAfter;
      }
      for (const end of ends) for (let at = end + 1; at <= size; at += at & -at) tree[at]++;
      seen += ends.length;
    }
  }
  return total;
}

function settledHeights(graph, sizes, options) {
  const middle = new Float64Array(graph.layer.length);
  const isBend = (vertex) => vertex >= graph.nodes;
  const half = (vertex) => (isBend(vertex) ? 0 : sizes[vertex].height / 2);
  const distance = (above, below) => half(above) + half(below) +
      (isBend(above) && isBend(below) ? options.nodeGap / 2 : options.nodeGap);
  for (const row of graph.rows) {
    for (let i = 1; i < row.length; i++) {
      middle[row[i]] = middle[row[i - 1]] + distance(row[i - 1], row[i]);
    }
  }
  const isPulled = (vertex) =>
      graph.inward.of(vertex).length + graph.outward.of(vertex).length > 0;
  const moveRow = (row, sides) => {
    const offsets = new Float64Array(row.length);
    for (let i = 1; i < row.length; i++) offsets[i] = offsets[i - 1] + distance(row[i - 1], row[i]);
    const first = Math.max(0, row.findIndex(isPulled));
    // A vertex that nothing pulls belongs close to the one above it or, at the top of its layer,
    // above the first that something does pull.
    const idle = (i) => {
      const beside = i > first ? i - 1 : first;
      return middle[row[beside]] - offsets[beside];
    };
    const blocks = [];
    row.forEach((vertex, i) => {
      let sum = 0;
      let weight = 0;
      for (const side of sides) {
        for (const other of side.of(vertex)) {
          const bends = isBend(vertex) + isBend(other);
          const force = bends === 2 ? 24 : bends === 1 ? 2 : 1;
          sum += force * middle[other];
          weight += force;
        }
      }
      if (weight === 0) {
        weight = 0.05;
        sum = weight * (idle(i) + offsets[i]);
      }
      let block = { weight, sum: sum - weight * offsets[i], count: 1 };
      while (blocks.length > 0) {
        const above = blocks[blocks.length - 1];
        if (above.sum / above.weight <= block.sum / block.weight) break;
        blocks.pop();
        block = {
          weight: above.weight + block.weight, sum: above.sum + block.sum,
          count: above.count + block.count,
        };
      }
      blocks.push(block);
    });
    let i = 0;
    for (const block of blocks) {
      for (let k = 0; k < block.count; k++, i++) {
        middle[row[i]] = block.sum / block.weight + offsets[i];
      }
    }
  };
  const both = [graph.inward, graph.outward];
  for (let pass = 0; pass < 8; pass++) {
    for (const row of graph.rows) moveRow(row, pass > 2 ? both : [graph.inward]);
    for (let i = graph.rows.length; i-- > 0;) {
      moveRow(graph.rows[i], pass > 2 ? both : [graph.outward]);
    }
  }
  closeGaps(middle, half, options);
  return middle;
}

// Takes out the height that nothing uses, which parts of a graph that are not joined leave.
function closeGaps(middle, half, options) {
  const byTop = Array.from(middle.keys())
      .sort((a, b) => middle[a] - half(a) - (middle[b] - half(b)) || a - b);
  let bottom = byTop.length === 0 ? 0 : middle[byTop[0]] - half(byTop[0]);
  let shift = 0;
  for (const vertex of byTop) {
    shift += Math.max(0, middle[vertex] - half(vertex) - bottom - 2 * options.nodeGap);
    bottom = Math.max(bottom, middle[vertex] + half(vertex));
    middle[vertex] -= shift;
  }
}

function layerColumns(graph, sizes, options) {
  const width = new Float64Array(graph.rows.length);
  const crossing = new Float64Array(graph.rows.length);
  for (let node = 0; node < graph.nodes; node++) {
    width[graph.layer[node]] = Math.max(width[graph.layer[node]], sizes[node].width);
  }
  for (const link of graph.links) crossing[graph.layer[link.to]]++;
  let x = 0;
  return Array.from(width, (wide, i) => {
    if (i > 0) x += options.layerGap * (1 + Math.min(1.5, crossing[i] / 60));
    const column = { left: x, right: x + wide };
    x += wide;
    return column;
  });
}

// sizes: [{width, height}], edges: [{from, to}] by position. Returns boxes, and per node its trunk and
// per edge how many bends of its source's trunk it follows.
function layeredLayout(sizes, edges, given = {}) {
  const options = { layerGap: 54, nodeGap: 16, aspect: 1.6, layerSizeMin: 24, ...given };
  const count = sizes.length;
  const forward = acyclic(count, edges);
  const inward = adjacency(count, forward, false);
  const outward = adjacency(count, forward, true);
  const order = topologicalOrder(count, inward, outward);
  const sizeMax = layerSizeMax(sizes, options);
  const layer = scheduledLayers(count, inward, outward, order, sizeMax);
  shortenEdges(inward, outward, order, sizeMax, layer);
  const graph = withTrunks(count, forward, layer);
  improveOrder(graph);
  const middle = settledHeights(graph, sizes, options);
  const columns = layerColumns(graph, sizes, options);

  let top = Infinity;
  let bottom = -Infinity;
  middle.forEach((y, vertex) => {
    const half = vertex < count ? sizes[vertex].height / 2 : 0;
    top = Math.min(top, y - half);
    bottom = Math.max(bottom, y + half);
  });
  if (count === 0) top = bottom = 0;
  const boxes = sizes.map((size, node) => {
    const column = columns[layer[node]];
    return {
      x: column.left + (column.right - column.left - size.width) / 2,
      y: middle[node] - size.height / 2 - top, width: size.width, height: size.height,
      layer: layer[node],
    };
  });
  const trunks = sizes.map((_, node) => {
    const trunk = [];
    for (let i = graph.trunkBegin[node]; i < graph.trunkBegin[node + 1]; i++) {
      const column = columns[graph.layer[count + i]];
      trunk.push({ left: column.left, right: column.right, y: middle[count + i] - top });
    }
    return trunk;
  });
  const edgeBends = edges.map(({ from, to }) => {
    const wanted = Math.max(0, layer[to] - layer[from] - 1);
    return wanted <= trunks[from].length ? wanted : 0;
  });
  const width = columns.length === 0 ? 0 : columns[columns.length - 1].right;
  return { boxes, trunks, edgeBends, width, height: bottom - top };
}
