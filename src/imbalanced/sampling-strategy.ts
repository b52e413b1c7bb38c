import { ConfigError, KompaktError } from '../core/errors';
import { shown } from '../core/shown';
import type { Encoded, Label, Labels } from '../data/labels';

/** Counts by class: the class's label as the key. In a record, `1` and `'1'` are the same key. */
export type Counts = Readonly<Record<string, number>> | ReadonlyMap<Label, number>;

/** Which classes to resample. */
export type Target = 'minority' | 'majority' | 'not minority' | 'not majority' | 'all' | 'auto';

/**
 * How many samples each class should have.
 *
 * - A name: the targeted classes get as many as the largest class (over-sampling) or the smallest (under-sampling).
 *   `'auto'` is `'not majority'` when over-sampling and `'not minority'` when under-sampling.
 * - A number in (0, 1], for two classes: minority over majority after resampling.
 * - A record or map: the final count of each class named.
 * - A function of `y` that returns such counts.
 */
export type SamplingStrategy = Target | number | Counts | ((y: Labels) => Counts);

const TARGETS: readonly Target[] = ['minority', 'majority', 'not minority', 'not majority', 'all', 'auto'];

/**
 * Which classes a cleaning method may remove samples from: `'auto'` is `'not minority'`; or a list of labels, or a function
 * of `y` that returns one.
 */
export type CleaningStrategy = Exclude<Target, 'minority'> | readonly Label[] | ((y: Labels) => readonly Label[]);

/** How many samples to add to each class (over-sampling), or to keep of it (under-sampling); classes left out stay as they are. */
export type Plan = ReadonlyMap<number, number>;

type Kind = 'over' | 'under';

/**
 * Reads a strategy for labels as they are.
 *
 * @returns by position of the class, ascending: samples to add, or to keep.
 * @throws ConfigError when the strategy does not fit the kind of sampling or the classes.
 */
export function planSampling(strategy: SamplingStrategy, kind: Kind, encoded: Encoded, y: Labels, what: string): Plan {
  checkSeveral(encoded.classes, what);
  const plan = readStrategy(strategy, kind, encoded, y, what);
  return new Map([...plan].sort(([a], [b]) => a - b));
}

/** What imbalanced-learn warns about: classes that are to become larger than the largest. */
export function overgrowth(plan: Plan, { classes, counts }: Encoded, what: string): KompaktError[] {
  const most = Math.max(...counts);
  return [...plan]
    .filter(([c, count]) => counts[c]! + count > most)
    .map(
      ([c, count]) =>
        new KompaktError(
          `${what}: class ${shown(classes[c])} will have ${counts[c]! + count} samples, more than the largest class, which has ${most}.`,
        ),
    );
}

/**
 * Reads the strategy of a cleaning method for labels as they are.
 *
 * @returns the positions of the classes it may remove samples from.
 * @throws ConfigError when there is one class only, or the strategy does not fit.
 */
export function planCleaning(
  strategy: CleaningStrategy,
  encoded: Encoded,
  y: Labels,
  what: string,
): ReadonlySet<number> {
  const { classes, counts } = encoded;
  checkSeveral(classes, what);
  if (typeof strategy === 'string') return new Set(byName(strategy, 'under', counts, what).keys());
  const list = typeof strategy === 'function' ? strategy(y) : strategy;
  if (!Array.isArray(list)) {
    const got = typeof list === 'object' ? 'counts by class' : String(list);
    throw new ConfigError(
      `${what}: samplingStrategy must be a name or a list of the classes to clean, got ${got}. How many samples are removed follows from the data.`,
    );
  }
  const position = new Map(classes.map((label, c) => [String(label), c]));
  return new Set(
    (list as readonly Label[]).map((label) => position.get(String(label)) ?? noSuchClass(label, classes, what)),
  );
}

function checkSeveral(classes: readonly Label[], what: string): void {
  if (classes.length < 2)
    throw new ConfigError(`${what}: y has only the class ${shown(classes[0])}. At least two are needed.`);
}

function noSuchClass(label: Label, classes: readonly Label[], what: string): never {
  throw new ConfigError(
    `${what}: samplingStrategy names the class ${shown(label)}, which y does not have. Its classes are ${classes.join(', ')}.`,
  );
}

function readStrategy(
  strategy: SamplingStrategy,
  kind: Kind,
  encoded: Encoded,
  y: Labels,
  what: string,
): Map<number, number> {
  if (typeof strategy === 'string') return byName(strategy, kind, encoded.counts, what);
  if (typeof strategy === 'number') return byRatio(strategy, kind, encoded, what);
  if (typeof strategy === 'function') return byCounts(strategy(y), kind, encoded, what);
  if (typeof strategy === 'object' && strategy !== null && !Array.isArray(strategy))
    return byCounts(strategy, kind, encoded, what);
  const got = Array.isArray(strategy) ? 'a list, which only cleaning methods take' : String(strategy);
  throw new ConfigError(
    `${what}: samplingStrategy must be a name, a number, counts by class or a function; got ${got}.`,
  );
}

/** The first class with the most samples, and the first with the fewest. */
function extremes(counts: Int32Array): { readonly major: number; readonly minor: number } {
  let major = 0;
  let minor = 0;
  counts.forEach((n, c) => {
    if (n > counts[major]!) major = c;
    if (n < counts[minor]!) minor = c;
  });
  return { major, minor };
}

function byName(name: string, kind: Kind, counts: Int32Array, what: string): Map<number, number> {
  if (!TARGETS.includes(name as Target)) {
    throw new ConfigError(
      `${what}: samplingStrategy must be one of ${TARGETS.map((t) => `'${t}'`).join(', ')}; got '${name}'.`,
    );
  }
  const isOver = kind === 'over';
  if (name === (isOver ? 'majority' : 'minority')) {
    throw new ConfigError(
      `${what}: samplingStrategy '${name}' can't be used when ${kind}-sampling. Use '${isOver ? 'not majority' : 'not minority'}'.`,
    );
  }
  const { major, minor } = extremes(counts);
  const target = name === 'auto' ? (isOver ? 'not majority' : 'not minority') : name;
  const isTargeted = (c: number): boolean =>
    target === 'all' ||
    (target === 'minority' && c === minor) ||
    (target === 'majority' && c === major) ||
    (target === 'not minority' && c !== minor) ||
    (target === 'not majority' && c !== major);
  const plan = new Map<number, number>();
  counts.forEach((n, c) => {
    if (isTargeted(c)) plan.set(c, isOver ? counts[major]! - n : counts[minor]!);
  });
  return plan;
}

function byRatio(ratio: number, kind: Kind, { counts, classes }: Encoded, what: string): Map<number, number> {
  if (!(ratio > 0 && ratio <= 1))
    throw new ConfigError(`${what}: samplingStrategy as a number must be in (0, 1], got ${ratio}.`);
  if (classes.length !== 2) {
    throw new ConfigError(
      `${what}: samplingStrategy as a number is for two classes only, y has ${classes.length}. Give counts by class instead.`,
    );
  }
  const { major, minor } = extremes(counts);
  const low = kind === 'over' ? (major === 0 ? 1 : 0) : minor;
  const [most, least] = [counts[1 - low]!, counts[low]!];
  if (kind === 'over') {
    const add = Math.trunc(most * ratio - least);
    if (add <= 0) {
      throw new ConfigError(
        `${what}: samplingStrategy ${ratio} asks for fewer samples of class ${shown(classes[low])} than its ${least} ` +
          `(there are ${most} of the other). Raise the ratio above ${(least / most).toPrecision(3)}.`,
      );
    }
    return new Map([[low, add]]);
  }
  const keep = Math.trunc(least / ratio);
  if (keep > most) {
    throw new ConfigError(
      `${what}: samplingStrategy ${ratio} asks for ${keep} samples of class ${shown(classes[1 - low])}, which has ${most}. ` +
        `Raise the ratio to at least ${(least / most).toPrecision(3)}.`,
    );
  }
  return new Map([[1 - low, keep]]);
}

function byCounts(wanted: Counts, kind: Kind, { counts, classes }: Encoded, what: string): Map<number, number> {
  if (typeof wanted !== 'object' || wanted === null) {
    throw new ConfigError(`${what}: samplingStrategy must give counts by class, got ${shown(wanted)}.`);
  }
  const entries = wanted instanceof Map ? [...(wanted as ReadonlyMap<Label, number>)] : Object.entries(wanted);
  const position = new Map(classes.map((label, c) => [String(label), c]));
  const plan = new Map<number, number>();
  for (const [label, n] of entries as [Label, number][]) {
    const c = position.get(String(label)) ?? noSuchClass(label, classes, what);
    if (!Number.isInteger(n) || n < 0) {
      throw new ConfigError(
        `${what}: samplingStrategy must give class ${shown(label)} a whole number of samples ≥ 0, got ${shown(n)}.`,
      );
    }
    const has = counts[c]!;
    if (kind === 'over' ? n < has : n > has) {
      const rule = kind === 'over' ? 'Over-sampling can only add' : 'Under-sampling can only remove';
      throw new ConfigError(
        `${what}: samplingStrategy asks for ${n} samples of class ${shown(label)}, which has ${has}. ${rule}.`,
      );
    }
    plan.set(c, kind === 'over' ? n - has : n);
  }
  return plan;
}
