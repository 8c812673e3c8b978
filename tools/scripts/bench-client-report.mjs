/** The client benchmark's figures as tables and bar charts. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import prettier from "prettier";

const ROOT = join(import.meta.dirname, "../..");
const BASELINE = "raw";

export const TITLES = {
  "W1 durable": "First sync of all rows until durable, ms",
  "W1 first answer": "First sync until the first query has its answer, ms",
  W2: "Cold start: open until a list's first 50 rows are there, ms",
  W3a: "A change under a filtered, ordered query with limit 50, ms",
  W3b: "A change under a filtered query of 1,000 rows, ms",
  W3c: "A change under a join, ms",
  W3d: "A change under a count by group, ms",
  W3e: "A change with 100 live queries open, ms",
  W3o: "Opening those 100 live queries, ms",
  "W4 awaited, each": "A durable mutation, one awaited after the other, ms each",
  "W4 1,000 fired": "1,000 mutations fired at once until durable, ms",
  "W5 100 pending": "A pull of 100 rows while 100 mutations are pending, ms",
  "W5 1000 pending": "A pull of 100 rows while 1,000 mutations are pending, ms",
  W6: "JavaScript heap with all rows and one live query, MB",
};

/**
 * Median, least and most of each work, adapter and size over the rounds, of each the median of what it measured, and the same
 * of the ratios to the baseline in the same round: what slows a whole round down is not in them.
 */
export function summarize(samples) {
  const rows = new Map();
  for (const { adapter, size, round, figures } of samples) {
    const base = samples.find(
      (other) => other.adapter === BASELINE && other.size === size && other.round === round,
    );
    for (const [work, values] of Object.entries(figures)) {
      const key = JSON.stringify([size, work, adapter]);
      const row = rows.get(key) ?? { size, work, adapter, values: [], ratios: [] };
      rows.set(key, row);
      const { median } = spread(values);
      row.values.push(median);
      const limits = base?.figures[work];
      if (limits) row.ratios.push(median / spread(limits).median);
    }
  }
  return [...rows.values()].map(({ values, ratios, ...row }) => ({
    ...{ ...row, ...spread(values), rounds: values.length },
    ...(ratios.length > 0 ? { ratio: spread(ratios) } : {}),
  }));
}

export function spread(values) {
  const sorted = values.toSorted((one, two) => one - two);
  return { median: sorted[sorted.length >> 1], least: sorted[0], most: sorted.at(-1) };
}

export function markdown({ rows, gaps = [], bundles, absent }, chart = () => "") {
  const order = bundles.map(({ name }) => name);
  const inOrder = (one, two) =>
    one.size - two.size || order.indexOf(one.adapter) - order.indexOf(two.adapter);
  const lines = inShort({ rows, gaps, order });
  for (const [work, title] of Object.entries(TITLES)) {
    const [code] = work.split(" ");
    const measured = rows.filter((row) => row.work === work).toSorted(inOrder);
    if (measured.length === 0) continue;
    const missing = gaps.filter(
      (gap) => gap.work === code && !measured.some((row) => isSame(row, gap)),
    );
    lines.push(`## ${code}: ${title}`, "", chart(work, title, measured));
    lines.push(`| rows | adapter | median | least to most | to ${BASELINE} | rounds |`);
    lines.push("| ---: | --- | ---: | ---: | ---: | ---: |");
    for (const row of [...measured, ...missing].toSorted(inOrder)) {
      lines.push(`| ${row.size} | ${row.adapter} | ${cells(row).join(" | ")} |`);
    }
    lines.push("");
    const reasons = new Map(missing.map(({ adapter, reason }) => [`${adapter}: ${reason}`, true]));
    for (const reason of reasons.keys()) lines.push(`- ${reason}.`);
    lines.push("");
  }
  lines.push("## W7: the adapter with its library, minified and gzipped", "");
  lines.push("| adapter | kB |", "| --- | ---: |");
  for (const { name, gzipped } of bundles) lines.push(`| ${name} | ${short(gzipped / 1000)} |`);
  if (absent.length > 0) lines.push("", "Left out:", "");
  for (const { name, size, reason } of absent) {
    lines.push(`- ${name}${size ? ` at ${size} rows` : ""}: ${reason}`);
  }
  return `${lines.join("\n")}\n`;
}

/** All ratios of a size beside each other. */
function inShort({ rows, gaps, order }) {
  const lines = [];
  for (const size of new Set(rows.map((row) => row.size))) {
    lines.push(`## In short: times ${BASELINE}, ${size} rows`, "");
    lines.push(`| | ${order.join(" | ")} |`, `| --- |${" ---: |".repeat(order.length)}`);
    for (const [work, title] of Object.entries(TITLES)) {
      const own = rows.filter((row) => row.size === size && row.work === work);
      if (own.length === 0) continue;
      const ratios = order.map((adapter) => {
        const row = own.find((one) => one.adapter === adapter);
        if (row) return row.ratio ? `${short(row.ratio.median)}×` : "";
        const isWork = (gap) => gap.work === work.split(" ")[0] && gap.size === size;
        const gap = gaps.find((one) => one.adapter === adapter && isWork(one));
        return gap ? cells(gap)[0] : "";
      });
      lines.push(
        `| ${work.split(" ")[0]}: ${title.replace(/, .*$/, "")} | ${ratios.join(" | ")} |`,
      );
    }
    lines.push("");
  }
  return lines;
}

function isSame(row, gap) {
  return row.adapter === gap.adapter && row.size === gap.size;
}

function cells({ median, least, most, ratio, rounds, reason, isFailure }) {
  if (reason !== undefined) {
    const tooSlow = /^(> \d+ s)/.exec(reason)?.[1];
    return [tooSlow ?? (isFailure ? "failed" : "none"), "", "", ""];
  }
  const times = ratio
    ? `${short(ratio.median)}× (${short(ratio.least)} to ${short(ratio.most)})`
    : "";
  return [short(median), `${short(least)} to ${short(most)}`, times, rounds];
}

/** W9 has a command of its own, whose last figures are kept. */
function latency() {
  const path = join(ROOT, "tools/bench/latency/results.json");
  if (!existsSync(path)) return "";
  const { rows, rounds } = JSON.parse(readFileSync(path, "utf8")).at(-1);
  return `
## W9: From one client's mutation until the last other client shows it, ms

Written by \`npx nx run plasma-client:bench-latency -- --write\`, in ${rounds} rounds, with the app's own worker: beside a
message that a bare WebSocket server passes on to as many sockets, and a round of pulls.

${latencyTable(rows)}
`;
}

export function latencyTable(rows) {
  const lines = ["| clients | what | median | least to most | to raw + pull |"];
  lines.push("| ---: | --- | ---: | ---: | ---: |");
  for (const { clients, name, ...row } of rows) {
    const [median, range, times] = cells(row);
    lines.push(`| ${clients} | ${name} | ${median} | ${range} | ${times} |`);
  }
  return lines.join("\n");
}

/** `docs/benchmarks.md`, and a chart for each work beside it. */
export function writeReport(result) {
  const directory = join(ROOT, "docs/benchmarks");
  mkdirSync(directory, { recursive: true });
  const chart = (work, title, rows) => {
    const file = `${work.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.svg`;
    writeFileSync(join(directory, file), svg(title, rows));
    return `![${title}](benchmarks/${file})\n`;
  };
  const text = `${introduction(result)}\n${markdown(result, chart)}${latency()}`;
  const path = join(ROOT, "docs/benchmarks.md");
  return prettier
    .resolveConfig(path)
    .then((config) => prettier.format(text, { ...config, parser: "markdown" }))
    .then((formatted) => writeFileSync(path, formatted));
}

function introduction({ cores, rounds }) {
  return `# Benchmarks

Written by \`npx nx run plasma-client:bench -- --write\`: medians of ${rounds} rounds, in turns, in one headless Chromium
on ${cores} cores with its profile on disk. Times of one machine say nothing about another one; the ratios to \`${BASELINE}\`,
which is IndexedDB and plain JavaScript without a library, say more: each is the median of the ratios of single rounds, with
the least and the greatest of them. Each result was compared field by field with a brute-force model before its time counted.
Rows have seven columns and about 200 bytes, 1,000 in a list.

A library that takes very long does fewer rounds, as the last column says. A single wait ends after 60 seconds ("> 60 s"),
and "none" is said of what a library does not have, with the reason below the table. Awaited mutations and changes are 200
and 30 a round, or as many as are done in 10 seconds.

The first sync of plasma and Triplit begins with a server's answer as text, so that decoding and checking it counts, that of
Replicache with the same as objects, from a stand-in for the server in the page. Dexie, RxDB, TanStack DB and \`${BASELINE}\`
insert objects, and keep no record of mutations that a server does not have yet. Replicache writes to the disk in the
background: its mutations count as durable when it has done so.

Zero has no adapter. Its client does not run without its own server, zero-cache, which copies the tables from Postgres by
logical replication and needs Node 22.
`;
}

/** Bars on a logarithmic scale: the figures lie too far apart for another one. */
function svg(title, rows) {
  const [labelWidth, barWidth, height] = [190, 380, 22];
  const low = Math.log10(Math.min(...rows.map(({ median }) => median)) / 2);
  const high = Math.log10(Math.max(...rows.map(({ median }) => median)));
  const bars = rows.map(({ size, adapter, median }, at) => {
    const y = 34 + at * height;
    const width = Math.max(1, ((Math.log10(median) - low) / (high - low || 1)) * barWidth);
    const color = { raw: "#9aa0a6", plasma: "#7c3aed" }[adapter] ?? "#60a5fa";
    return (
      `<text x="${labelWidth - 8}" y="${y + 13}" text-anchor="end">${adapter}, ${size}</text>` +
      `<rect x="${labelWidth}" y="${y}" width="${width.toFixed(1)}" height="16" fill="${color}"/>` +
      `<text x="${labelWidth + width + 6}" y="${y + 13}">${short(median)}</text>`
    );
  });
  const [width, total] = [labelWidth + barWidth + 80, 44 + rows.length * height];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" font-family="sans-serif" font-size="12">` +
    `<rect width="100%" height="100%" fill="#fff"/><text x="8" y="20" font-weight="bold">${title} (log scale)</text>` +
    `${bars.join("")}</svg>\n`
  );
}

function short(figure) {
  if (figure >= 100) return String(Math.round(figure));
  return figure >= 10 ? figure.toFixed(1) : figure.toPrecision(2);
}
