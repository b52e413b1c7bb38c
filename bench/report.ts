import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import type { Timing } from './measure';

/** One comparison: a piece of work and how long each contender took for it. */
export interface Row {
  readonly work: string;
  /** Floating-point operations of the work, where a rate says more than a time. */
  readonly flop?: number;
  readonly timings: readonly Timing[];
  readonly note?: string;
}

/** Results of one part, as kept in results.json. */
export interface PartResult {
  readonly title: string;
  readonly about: string;
  readonly command: string;
  readonly when: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly loadBefore: number;
  readonly rows: readonly Row[];
}

export type Results = Record<string, PartResult>;

export const OURS = 'kompakt';

/** What the figures were taken on. */
export function machine(): string {
  const list = cpus();
  return `${list.length} × ${list[0]?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`;
}

export function load(): number {
  return Math.round(loadavg()[0]! * 100) / 100;
}

export function readResults(path: string): Results {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** The rows of a part as a table, for the terminal and for Markdown alike. */
export function tableOf(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => row.timings.map((t) => t.name)))];
  const header = ['work', ...names, `${OURS} is`];
  const body = rows.map((row) => [row.work, ...names.map((name) => cell(row, name)), comparison(row)]);
  const widths = header.map((_, i) => Math.max(...[header, ...body].map((line) => line[i]!.length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((c, i) => c.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = `| ${widths.map((w) => '-'.repeat(w)).join(' | ')} |`;
  const notes = rows.flatMap((row) => (row.note === undefined ? [] : [`${row.work}: ${row.note}`]));
  return [line(header), rule, ...body.map(line), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

function cell({ flop, timings }: Row, name: string): string {
  const timing = timings.find((t) => t.name === name);
  if (timing === undefined) return '–';
  const rate = flop === undefined ? '' : ` (${(flop / timing.medianMs / 1e6).toFixed(1)} GFLOP/s)`;
  return `${formatMs(timing.medianMs)}${rate}`;
}

function comparison({ timings }: Row): string {
  const ours = timings.find((t) => t.name === OURS);
  const others = timings.filter((t) => !t.name.startsWith(OURS));
  if (ours === undefined || others.length === 0) return '–';
  return others
    .map((other) => {
      const ratio = other.medianMs / ours.medianMs;
      return ratio >= 1 ? `${ratio.toFixed(ratio < 10 ? 2 : 0)} × faster` : `${(1 / ratio).toFixed(2)} × slower`;
    })
    .join(', ');
}

function formatMs(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toFixed(1)} µs`;
  return ms < 100 ? `${ms.toFixed(2)} ms` : `${Math.round(ms).toLocaleString('en')} ms`;
}

/** Writes all results as a page. */
export function writePage(path: string, results: Results): void {
  const sections = Object.values(results).map((part) => {
    const versions = Object.entries(part.versions).map(([name, version]) => `${name} ${version}`);
    return [
      `## ${part.title}`,
      '',
      part.about,
      '',
      tableOf(part.rows),
      '',
      `Taken ${part.when} with \`${part.command}\` on ${part.machine}; ${versions.join(', ')}; load average before ${part.loadBefore}.`,
    ].join('\n');
  });
  const intro = [
    '# Benchmarks',
    '',
    'Written by `npm run bench` (peers: `npm ci --prefix bench`); do not edit by hand. Every figure is a median. Contenders',
    'run in one process, in turn, after warming up; results are compared before anything is timed, and one in every round is',
    'read back. One thread each. Ratios travel between machines better than times do.',
  ].join('\n');
  writeFileSync(path, `${[intro, ...sections].join('\n\n')}\n`);
}
