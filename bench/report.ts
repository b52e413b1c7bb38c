import { type Bar, boundOf, formatRatio, isMet, summarise } from './bars';
import type { PartResult, Results, Row } from './results';

/** The rows of a part as a table, for the terminal and for Markdown alike. */
export function tableOf(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => row.timings.map((t) => t.name)))];
  const bars = [...new Set(rows.flatMap((row) => (row.bars ?? []).map((bar) => bar.name)))];
  const rated = rows.some((row) => row.flop !== undefined);
  const header = ['work', ...(rated ? ['GFLOP/s'] : []), ...names, ...bars];
  const body = rows.map((row) => [
    row.work,
    ...(rated ? [rate(row)] : []),
    ...names.map((name) => cell(row, name)),
    ...bars.map((name) =>
      barCell(
        row.bars?.find((bar) => bar.name === name),
        boundsOf(rows, name) > 1,
      ),
    ),
  ]);
  const notes = rows.flatMap((row) => (row.note === undefined ? [] : [`${row.work}: ${row.note}`]));
  return [table(header, body), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

/** Every bar over all its rows. */
export function barsOf(bars: readonly Bar[]): string {
  const body = summarise(bars).map((s) => [
    s.name,
    s.bound,
    formatRatio(s.mean),
    formatRatio(s.meanOfBest),
    formatRatio(s.worst),
    `${s.rowsMet} of ${s.rows}`,
    s.met ? 'yes' : 'no',
  ]);
  return table(['bar', 'bound', 'geometric mean', 'of the best rounds', 'worst row', 'rows that meet it', 'met'], body);
}

/** Aligned, so that it reads in a terminal too. */
function table(header: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = header.map((_, i) => Math.max(...[header, ...body].map((line) => line[i]!.length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((c, i) => c.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(header), `| ${widths.map((w) => '-'.repeat(w)).join(' | ')} |`, ...body.map(line)].join('\n');
}

/** Of the first column, which is ours. */
function rate({ flop, timings }: Row): string {
  return flop === undefined || timings.length === 0 ? '' : (flop / timings[0]!.medianMs / 1e6).toFixed(1);
}

function cell({ timings }: Row, name: string): string {
  const timing = timings.find((t) => t.name === name);
  if (timing === undefined) return '–';
  const memory = timing.peakMiB === undefined ? '' : `, ${timing.peakMiB} MiB`;
  return `${formatMs(timing.medianMs)} (${formatMs(timing.fastestMs)}${memory})`;
}

/** How many bounds the rows of a bar have. */
function boundsOf(rows: readonly Row[], name: string): number {
  const bars = rows.flatMap((row) => (row.bars ?? []).filter((bar) => bar.name === name));
  return new Set(bars.map(boundOf)).size;
}

function barCell(bar: Bar | undefined, showBound: boolean): string {
  if (bar === undefined) return '–';
  const met = isMet(bar);
  return `${formatRatio(bar.value)} ${met ? '✓' : '✗'}${met && !showBound ? '' : ` ${boundOf(bar)}`}`;
}

export function formatMs(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toPrecision(3)} µs`;
  return ms < 1000 ? `${ms.toPrecision(3)} ms` : `${(ms / 1000).toPrecision(3)} s`;
}

/** Everything on one page. */
export function pageOf(results: Results): string {
  const engines = Object.keys(results).sort((a, b) => Number(a) - Number(b));
  const parts = [...new Set(engines.flatMap((engine) => Object.keys(results[engine]!)))];
  return [
    INTRODUCTION,
    '## The bars',
    ...engines.flatMap((engine) => {
      const bars = Object.values(results[engine]!).flatMap((part) => part.rows.flatMap((row) => row.bars ?? []));
      return bars.length === 0 ? [] : [`On Node ${engine}:`, barsOf(bars)];
    }),
    ...parts.flatMap((name) => {
      const runs = engines.flatMap((engine) => (results[engine]![name] === undefined ? [] : [results[engine]![name]]));
      const latest = runs.at(-1)!;
      return [`## ${latest.title}`, latest.about, ...runs.flatMap(sectionOf)];
    }),
  ].join('\n\n');
}

function sectionOf(part: PartResult): string[] {
  const versions = Object.entries(part.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `### ${part.title}: Node ${part.versions.Node!.split('.')[0]}`,
    tableOf(part.rows),
    `Taken ${part.when} with \`${part.command}\` on ${part.machine}, in ${part.seconds} s; ${versions.join(', ')}; load average before ${part.loadBefore}.`,
  ];
}

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench\`; do not edit by hand. \`npm run bench -- gemm\` runs one part, \`--full\` adds contenders that
take minutes. Peers: \`npm ci --prefix bench --ignore-scripts\`, and for torch Debian's python3-torch and
libopenblas0-openmp. Every version of Node that it is run with has a section of its own.

Times are medians of many short rounds, the best in brackets; GFLOP/s are of the first column. Contenders run in one
process and take turns, there and back, after warming up; no round is left out. All results of a row are compared with
each other before anything is timed. Where a row has a bar, its cell says what the medians reached and whether that keeps
the bar. Where the best rounds tell another story than the medians, the machine was busy. Ratios travel between machines
better than times do.

One thread each, unless a column says otherwise: onnxruntime-web is told \`numThreads\`, onnxruntime-node
\`intraOpNumThreads\`, torch \`set_num_threads\` and its BLAS by the environment; tfjs-wasm, numpy-ts and jax-js have one in
Node whatever they are told. Native code uses the widest vectors that the machine has, WebAssembly those of 128 bits.`;
