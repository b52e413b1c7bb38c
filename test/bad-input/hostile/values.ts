/** Values that nobody means to pass, by how a message names them. */
export const HOSTILE: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['NaN', Number.NaN],
  ['−1', -1],
  ['2.5', 2.5],
  ['infinity', Number.POSITIVE_INFINITY],
  ['no text', ''],
  ['a text', 'nonsense'],
  ['true', true],
  ['an empty object', {}],
  ['an empty list', []],
  ['a list with an empty list', [[]]],
  ['a list with NaN', [Number.NaN, 1]],
  ['a list with infinity', [Number.POSITIVE_INFINITY, 1, 2]],
  ['a list with gaps', [null, undefined, 1]],
  ['ragged rows', [[1], [1, 2]]],
  [
    'rows with NaN',
    [
      [1, 2],
      [3, Number.NaN],
      [1, 1],
    ],
  ],
  ['texts', ['a', 'b', 'a']],
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['a Map', new Map()],
  ['an empty Float64Array', new Float64Array(0)],
  ['data that do not fill their shape', { data: [1, 2], shape: [3, 4] }],
];

/** What options are set to besides. */
export const FOR_OPTIONS: readonly (readonly [string, unknown])[] = [
  ...HOSTILE.filter(([name]) =>
    /^(null|NaN|−1|2\.5|infinity|a text|true|an empty|a list with gaps|a function|a symbol)/.test(name),
  ),
  ['0', 0],
  ['1', 1],
  ['false', false],
  ['[1, 2]', [1, 2]],
  ['{ a: 1 }', { a: 1 }],
];

const ROWS = 18;
export const X = Array.from({ length: ROWS }, (_, i) => [
  Math.sin(i * 3) + (i % 3),
  Math.cos(i * 7) - (i % 3),
  (i % 4) / 2,
]);
export const y = X.map((_, i) => Number(i % 3 === 0));
export const target = X.map((row, i) => row[0]! * 2 + (i % 5) + 0.5);
export const TEXTS = ['one two three', 'two three', 'four one', 'five two', 'six', 'one six'];

const counts = X.map((row) => row.map((v) => Math.round(Math.abs(v) * 3)));

/** Samples that are hard to learn from, and labels or targets for them. */
export const HARD: readonly (readonly [string, unknown, unknown])[] = [
  ['constant features', X.map(() => [1, 1, 1]), y],
  ['a constant feature', X.map((row) => [row[0], 0, row[2]]), y],
  ['one sample', [X[0]], [1]],
  ['two samples', X.slice(0, 2), [0, 1]],
  ['no samples', [], []],
  ['no features', X.map(() => []), y],
  ['one feature', X.map((row) => [row[0]]), y],
  ['one class', X, X.map(() => 1)],
  ['a class of one sample', X, X.map((_, i) => Number(i === 3))],
  ['huge values', X.map((row) => row.map((v) => v * 1e300)), y],
  ['tiny values', X.map((row) => row.map((v) => v * 1e-300)), y],
  ['a constant target', X, X.map(() => 3.5)],
  ['NaN among targets', X, target.map((v, i) => (i === 2 ? Number.NaN : v))],
  ['infinity among targets', X, target.map((v, i) => (i === 2 ? Number.POSITIVE_INFINITY : v))],
  ['a gap in X', X.map((row, i) => (i === 1 ? [null, 1, 2] : row)), y],
  ['fewer labels than samples', X, y.slice(1)],
  ['counts', counts, y],
];
