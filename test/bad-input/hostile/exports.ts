import * as bayes from 'kompakt/bayes';
import * as cluster from 'kompakt/cluster';
import * as data from 'kompakt/data';
import * as decomposition from 'kompakt/decomposition';
import * as ensemble from 'kompakt/ensemble';
import * as figures from 'kompakt/figures';
import * as imbalanced from 'kompakt/imbalanced';
import * as linear from 'kompakt/linear';
import * as metrics from 'kompakt/metrics';
import * as modelSelection from 'kompakt/model-selection';
import * as neighbors from 'kompakt/neighbors';
import * as preprocessing from 'kompakt/preprocessing';
import * as svm from 'kompakt/svm';
import * as text from 'kompakt/text';
import * as trees from 'kompakt/trees';

type Entry = Readonly<Record<string, unknown>>;

const ENTRIES: Readonly<Record<string, Entry>> = {
  bayes,
  cluster,
  data,
  decomposition,
  ensemble,
  figures,
  imbalanced,
  linear,
  metrics,
  'model-selection': modelSelection,
  neighbors,
  preprocessing,
  svm,
  text,
  trees,
};

export type Class = new (...args: never[]) => Record<string, (...args: unknown[]) => unknown>;
export type Call = (...args: unknown[]) => unknown;

const isClass = (value: unknown): value is Class =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));

/** Everything that the classical entries export and that can be called, `entry.name` first. Fitted models come of `fit`. */
const ALL = Object.entries(ENTRIES).flatMap(([entry, all]) =>
  Object.entries(all).flatMap(([name, value]): [string, Class | Call][] =>
    typeof value === 'function' && !name.startsWith('Fitted') ? [[`${entry}.${name}`, value as Class]] : [],
  ),
);

export const CLASSES = ALL.filter((pair): pair is [string, Class] => isClass(pair[1]));
export const FUNCTIONS = ALL.filter((pair): pair is [string, Call] => !isClass(pair[1]));
