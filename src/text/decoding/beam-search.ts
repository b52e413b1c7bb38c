import { ConfigError, NonFiniteError, ShapeError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { shown } from '../../core/shown';
import { Tensor } from '../../core/tensor';

/**
 * What a model says comes next: logarithms of probabilities `[prefixes, vocabulary]` (or any numbers that differ from them
 * by a constant per row, such as logits).
 *
 * @param prefixes - tokens so far, the start token included; all equally long.
 * @param owners - for each prefix, the number of the source that it is about.
 */
export type NextTokens = (
  prefixes: readonly (readonly number[])[],
  owners: readonly number[],
) => Tensor | readonly ArrayLike<number>[] | Promise<Tensor | readonly ArrayLike<number>[]>;

/** Options of both searches. */
export interface SearchOptions {
  /** The token that every sequence begins with. */
  readonly startToken: number;
  /** The token that ends a sequence. */
  readonly endToken: number;
  /** Most tokens to make, the end token included; 50 by default. */
  readonly maxLength?: number | undefined;
  /** Number of sources; 1 by default. */
  readonly count?: number | undefined;
  /** Tokens that are never made, such as padding. */
  readonly forbidden?: readonly number[] | undefined;
}

export interface BeamSearchOptions extends SearchOptions {
  /** Sequences that are followed at a time; 4 by default. 1 is greedy search. */
  readonly beamWidth?: number | undefined;
  /** α of log P / ((5 + length) / 6)^α: 0 prefers short sequences, 1 about the mean per token; 0.6 by default. */
  readonly lengthPenalty?: number | undefined;
  /** Sequences to return of each source, at most `beamWidth`; 1 by default. */
  readonly best?: number | undefined;
}

/** A sequence that was found. */
export interface Decoded {
  /** Without start and end token. */
  readonly tokens: readonly number[];
  /** log P of the sequence. */
  readonly logProbability: number;
  /** What it was ranked by: log P, over the length penalty. */
  readonly score: number;
  /** Whether the end token came within `maxLength`. */
  readonly isComplete: boolean;
}

/** A sequence under way. */
interface Beam {
  readonly tokens: readonly number[];
  readonly logProbability: number;
}

/** What is known of one source. */
interface Source {
  live: Beam[];
  readonly done: Decoded[];
}

const SEARCH = ['startToken', 'endToken', 'maxLength', 'count', 'forbidden'];

/**
 * The sequence that takes the likeliest token at every step, for each source.
 *
 * @param next - the model; called once a step for all sources that go on.
 * @param options - `startToken`, `endToken` (required), `maxLength = 50`, `count = 1` sources, `forbidden` tokens.
 * @returns one sequence for each source.
 * @throws ConfigError for options that don't fit; ShapeError for rows that are not one per prefix.
 *
 * @example
 * ```ts
 * import { greedySearch } from 'kompakt/text';
 * // A model that counts up, and ends after 4.
 * const next = (prefixes: readonly (readonly number[])[]) =>
 *   prefixes.map((p) => [0, 1, 2, 3, 4, 5].map((token) => (token === p.at(-1)! + 1 ? 0 : -10)));
 * const [found] = await greedySearch(next, { startToken: 1, endToken: 5 });
 * console.log(found.tokens, found.isComplete); // → [ 2, 3, 4 ] true
 * ```
 */
export async function greedySearch(next: NextTokens, options: SearchOptions): Promise<Decoded[]> {
  checkOptions(options, SEARCH, 'greedySearch');
  const found = await search(next, { ...options, beamWidth: 1, lengthPenalty: 0 }, 'greedySearch');
  return found.map((list) => list[0]!);
}

/**
 * The best sequences found by following the `beamWidth` likeliest ones at every step.
 *
 * A sequence is ranked by log P / ((5 + n) / 6)^α, n its number of tokens. The search of a source ends when no sequence
 * under way can come before the best ones that have ended.
 *
 * @param next - the model; called once a step for all sequences of all sources that go on.
 * @param options - `startToken`, `endToken` (required), `beamWidth = 4`, `lengthPenalty = 0.6`, `best = 1`, `maxLength = 50`,
 * `count = 1` sources, `forbidden` tokens.
 * @returns for each source its best sequences, best first.
 * @throws ConfigError for options that don't fit; ShapeError for rows that are not one per prefix; NonFiniteError for NaN.
 *
 * Reference: Wu et al. 2016, “Google's neural machine translation system”, equation 14.
 *
 * @example
 * ```ts
 * import { beamSearch } from 'kompakt/text';
 * // After 0, token 1 is likelier than 2, but what follows it is not.
 * const table: Record<string, number[]> = { '0': [0, 0.6, 0.4, 0], '0,1': [0, 0.3, 0.3, 0.4], '0,2': [0, 0, 0, 1] };
 * const next = (prefixes: readonly (readonly number[])[]) =>
 *   prefixes.map((p) => (table[p.join()] ?? [0, 0, 0, 1]).map((x) => Math.log(x)));
 * const [[found]] = await beamSearch(next, { startToken: 0, endToken: 3, beamWidth: 2 });
 * console.log(found.tokens); // → [ 2 ]
 * ```
 */
export async function beamSearch(next: NextTokens, options: BeamSearchOptions): Promise<Decoded[][]> {
  checkOptions(options, [...SEARCH, 'beamWidth', 'lengthPenalty', 'best'], 'beamSearch');
  const { beamWidth = 4, best = 1 } = options;
  if (!Number.isInteger(beamWidth) || beamWidth < 1)
    throw new ConfigError(`beamSearch: beamWidth must be an integer ≥ 1, got ${shown(beamWidth)}.`);
  if (!Number.isInteger(best) || best < 1 || best > beamWidth)
    throw new ConfigError(
      `beamSearch: best must be an integer in [1, beamWidth] = [1, ${beamWidth}], got ${shown(best)}.`,
    );
  const found = await search(next, { ...options, beamWidth }, 'beamSearch');
  return found.map((list) => list.slice(0, best));
}

async function search(
  next: NextTokens,
  options: BeamSearchOptions & { readonly beamWidth: number },
  what: string,
): Promise<Decoded[][]> {
  const { startToken, endToken, maxLength = 50, count = 1, forbidden = [], beamWidth, lengthPenalty = 0.6 } = options;
  if (typeof next !== 'function')
    throw new ConfigError(`${what}: give a function of the prefixes that says what is next.`);
  for (const [name, value, least] of [
    ['startToken', startToken, 0],
    ['endToken', endToken, 0],
    ['maxLength', maxLength, 1],
    ['count', count, 1],
  ] as const)
    if (!Number.isInteger(value) || value < least)
      throw new ConfigError(`${what}: ${name} must be an integer ≥ ${least}, got ${shown(value)}.`);
  if (!(lengthPenalty >= 0)) throw new ConfigError(`${what}: lengthPenalty must be ≥ 0, got ${shown(lengthPenalty)}.`);
  const penalty = (length: number): number => ((5 + length) / 6) ** lengthPenalty;
  const never = new Set(forbidden);
  const sources = Array.from(
    { length: count },
    (): Source => ({ live: [{ tokens: [], logProbability: 0 }], done: [] }),
  );
  for (let step = 1; step <= maxLength; step++) {
    const owners = sources.flatMap(({ live }, i) => live.map(() => i));
    if (owners.length === 0) break;
    const prefixes = sources.flatMap(({ live }) => live.map(({ tokens }) => [startToken, ...tokens]));
    const rows = await readRows(next(prefixes, owners), prefixes.length, what);
    let at = 0;
    for (const source of sources) {
      const own = rows.slice(at, at + source.live.length);
      at += source.live.length;
      advance(source, own, { endToken, never, beamWidth, penalty });
      if (isSettled(source, beamWidth, step, maxLength, penalty)) source.live = [];
    }
  }
  return sources.map(({ live, done }) => {
    const cut = live.map((b) => decoded(b, penalty(b.tokens.length), false));
    return [...done, ...cut].sort((a, b) => b.score - a.score).slice(0, beamWidth);
  });
}

interface Step {
  readonly endToken: number;
  readonly never: ReadonlySet<number>;
  readonly beamWidth: number;
  penalty(length: number): number;
}

const decoded = ({ tokens, logProbability }: Beam, penalty: number, isComplete: boolean): Decoded => ({
  tokens,
  logProbability,
  score: logProbability / penalty,
  isComplete,
});

/** One more token for every sequence; the best go on, and those that end are put aside. */
function advance(source: Source, rows: readonly Float64Array[], { endToken, never, beamWidth, penalty }: Step): void {
  const candidates = source.live.flatMap((beam, i) =>
    likeliest(rows[i]!, 2 * beamWidth, never).map((token) => ({
      beam,
      token,
      logProbability: beam.logProbability + rows[i]![token]!,
    })),
  );
  candidates.sort((a, b) => b.logProbability - a.logProbability);
  source.live = [];
  candidates.forEach(({ beam, token, logProbability }, rank) => {
    if (token !== endToken) {
      if (source.live.length < beamWidth) source.live.push({ tokens: [...beam.tokens, token], logProbability });
    } else if (rank < beamWidth) {
      source.done.push(decoded({ tokens: beam.tokens, logProbability }, penalty(beam.tokens.length + 1), true));
    }
  });
  source.done.sort((a, b) => b.score - a.score).splice(beamWidth);
  // The only sequence of a greedy search has ended when its likeliest token is the end.
  if (beamWidth === 1 && source.done.length > 0) source.live = [];
}

/** Whether no sequence under way can come before those that have ended. log P only falls, and the penalty is largest at the end. */
function isSettled(
  { live, done }: Source,
  beamWidth: number,
  step: number,
  maxLength: number,
  penalty: (length: number) => number,
): boolean {
  if (live.length === 0) return true;
  if (done.length < beamWidth) return false;
  const most = Math.max(...live.map((b) => b.logProbability)) / Math.max(penalty(step + 1), penalty(maxLength));
  return most <= done.at(-1)!.score;
}

/** The tokens of highest value, best first; of equal ones the lower first. */
function likeliest(row: Float64Array, most: number, never: ReadonlySet<number>): number[] {
  const found: number[] = [];
  for (let token = 0; token < row.length; token++) {
    const value = row[token]!;
    if (value === Number.NEGATIVE_INFINITY || never.has(token)) continue;
    if (found.length === most && value <= row[found.at(-1)!]!) continue;
    let i = found.length;
    while (i > 0 && row[found[i - 1]!]! < value) i--;
    found.splice(i, 0, token);
    if (found.length > most) found.pop();
  }
  return found;
}

/** Rows as logarithms of probabilities. */
async function readRows(given: ReturnType<NextTokens>, count: number, what: string): Promise<Float64Array[]> {
  const values = await given;
  const rows = values instanceof Tensor ? await rowsOf(values) : Array.from(values, (r) => Float64Array.from(r));
  if (rows.length !== count || rows.some((r) => r.length !== rows[0]!.length || r.length === 0))
    throw new ShapeError(
      `${what}: the model must give [${count}, vocabulary], a row for each prefix; got ${rows.length} rows.`,
    );
  for (const row of rows) normalize(row, what);
  return rows;
}

async function rowsOf(x: Tensor): Promise<Float64Array[]> {
  if (x.rank !== 2) return [];
  const width = x.shape[1]!;
  const data = await x.data();
  return Array.from({ length: x.shape[0]! }, (_, i) => Float64Array.from(data.subarray(i * width, (i + 1) * width)));
}

/** log softmax of a row, in place. */
function normalize(row: Float64Array, what: string): void {
  let most = Number.NEGATIVE_INFINITY;
  for (const x of row) {
    if (Number.isNaN(x)) throw new NonFiniteError(`${what}: the model gave NaN.`);
    most = Math.max(most, x);
  }
  if (!Number.isFinite(most)) throw new NonFiniteError(`${what}: the model gave no finite number for a prefix.`);
  let sum = 0;
  for (const x of row) sum += Math.exp(x - most);
  const shift = most + Math.log(sum);
  for (let i = 0; i < row.length; i++) row[i]! -= shift;
}
