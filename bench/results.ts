import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import type { Bar } from './bars';
import type { Timing } from './measure';

/** One comparison: a piece of work and how long each contender took for it. */
export interface Row {
  readonly work: string;
  /** Floating-point operations of the work, where a rate says more than a time. */
  readonly flop?: number;
  readonly timings: readonly Timing[];
  readonly bars?: readonly Bar[];
  readonly note?: string;
  /** Where the row lies in the charts of time and memory against size. */
  readonly scale?: { readonly panel: string; readonly size: number; readonly bytes: number };
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
  /** How long the part took, in seconds. */
  readonly seconds: number;
  readonly rows: readonly Row[];
}

/** By the major version of Node, then by part. */
export type Results = Record<string, Record<string, PartResult>>;

/** What the figures were taken on. */
export function machine(): string {
  const list = cpus();
  const cpu = `${list.length} × ${list[0]?.model.trim() ?? 'unknown CPU'}${vectors()}`;
  return `${cpu}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`;
}

/** The widest vectors that native code may use here, where the system says: WebAssembly's are of 128 bits. */
function vectors(): string {
  try {
    const flags = readFileSync('/proc/cpuinfo', 'utf8');
    return /\bavx512f\b/.test(flags) ? ' (AVX-512)' : /\bavx2\b/.test(flags) ? ' (AVX2)' : '';
  } catch {
    return '';
  }
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

/** Figures to four digits: the rest is noise, and would drown the file's differences. */
export function writeResults(path: string, results: Results): void {
  const short = (_: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  writeFileSync(path, `${JSON.stringify(results, short, 1)}\n`);
}
