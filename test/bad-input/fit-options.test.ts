import { KompaktError } from 'kompakt';
import { BaggingClassifier, StackingClassifier, VotingClassifier } from 'kompakt/ensemble';
import { OneVsRestClassifier } from 'kompakt/linear';
import {
  crossValScore,
  FixedThresholdClassifier,
  GridSearchCV,
  Pipeline,
  TransformedTargetRegressor,
  TunedThresholdClassifierCV,
} from 'kompakt/model-selection';
import { KNeighborsClassifier, KNeighborsRegressor } from 'kompakt/neighbors';
import { StandardScaler } from 'kompakt/preprocessing';
import { describe, expect, it } from 'vitest';
import { argumentsOf } from './hostile/arguments';
import { CLASSES } from './hostile/exports';
import { TEXTS, target, X, y } from './hostile/values';

type Thing = Record<string, (...args: unknown[]) => unknown> & { readonly kind?: unknown; readonly name?: string };

/** What learns from labels alone. */
const OF_LABELS = ['LabelEncoder', 'LabelBinarizer', 'MultiLabelBinarizer'];

function dataFor(path: string, made: Thing): readonly unknown[] {
  const [entry, name] = path.split('.') as [string, string];
  if (name === 'MultiLabelBinarizer') return [[['a'], ['b', 'a']]];
  if (OF_LABELS.includes(name)) return [y];
  if (name === 'TfidfTransformer') return [X.map((row) => row.map(Math.abs)), y];
  if (name === 'DictVectorizer')
    return [
      [{ a: 1 }, { b: 2 }],
      [0, 1],
    ];
  if (name === 'FeatureHasher')
    return [
      [{ a: 1 }, { b: 2 }],
      [0, 1],
    ];
  if (entry === 'text') return [TEXTS, [0, 1, 0, 1, 0, 1]];
  return [X, made.kind === 'regressor' ? target : y];
}

const METHODS = ['fit', 'fitTransform', 'fitPredict'];

const learners = CLASSES.flatMap(([path, Class]) =>
  METHODS.flatMap((method): [string, string, Thing][] => {
    try {
      const made = new Class(...(argumentsOf(path.split('.')[1]!) as never[])) as unknown as Thing;
      return typeof made[method] === 'function' ? [[path, method, made]] : [];
    } catch {
      return [];
    }
  }),
).filter(([path]) => !path.endsWith('.PretrainedTokenizer') && path !== 'text.Tokenizer');

/** What was said, if anything was. */
async function refusal(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'nothing';
  } catch (error) {
    return error instanceof KompaktError ? error.message : `not one of ours: ${error}`;
  }
}

describe('no fit takes an option without heeding it', () => {
  it('there are many', () => expect(learners.length).toBeGreaterThan(120));

  it.each(learners)('%s.%s', async (path, method, made) => {
    const data = dataFor(path, made);
    expect(await refusal(() => made[method]!(...data, { noSuchOption: 1 }))).toMatch(/unknown option 'noSuchOption'/);
    // Weights are either heeded, and these are no weights, or refused.
    const sampleWeight = y.map(() => -1);
    expect(await refusal(() => made[method]!(...data, { sampleWeight }))).toMatch(/sampleWeight/);
  });
});

describe('weights for a member that takes none are refused', () => {
  const rows = Array.from({ length: 20 }, (_, i) => [i, (i * 7) % 5]);
  const labels = rows.map((_, i) => i % 2);
  const sampleWeight = rows.map((_, i) => 1 + (i % 3));
  const near = () => new KNeighborsClassifier({ nNeighbors: 2 });
  const members = [['near', near()] as const];
  const scaled = () => new Pipeline([['scale', new StandardScaler()] as const, ['near', near()] as const]);

  it.each([
    ['VotingClassifier', new VotingClassifier({ estimators: members })],
    ['StackingClassifier', new StackingClassifier({ estimators: members, cv: 2 })],
    ['BaggingClassifier', new BaggingClassifier({ estimator: near() })],
    ['BaggingClassifier of a pipeline', new BaggingClassifier({ estimator: scaled() as never })],
    ['OneVsRestClassifier', new OneVsRestClassifier({ estimator: near() })],
    ['Pipeline', scaled()],
    ['GridSearchCV', new GridSearchCV(near(), { nNeighbors: [1, 2] }, { cv: 2 })],
    ['FixedThresholdClassifier', new FixedThresholdClassifier(near())],
    ['TunedThresholdClassifierCV', new TunedThresholdClassifierCV(near(), { cv: 2 })],
    ['TransformedTargetRegressor', new TransformedTargetRegressor({ regressor: new KNeighborsRegressor() })],
  ] as const)('%s', async (_, made) => {
    const fit = () => (made as unknown as Thing).fit!(rows, labels, { sampleWeight });
    expect(await refusal(fit)).toMatch(/sampleWeight/);
  });

  it('crossValScore', async () => {
    expect(await refusal(() => crossValScore(near(), rows, labels, { cv: 2, sampleWeight }))).toMatch(/sampleWeight/);
  });

  it('a bag of pipelines draws samples instead of weighing them', async () => {
    const of = async (estimator: unknown): Promise<unknown> => {
      const bag = new BaggingClassifier({ estimator: estimator as never, nEstimators: 3, seed: 1 });
      return (await bag.fit(rows, labels)).predictProba(rows).dataSync();
    };
    expect(await of(new Pipeline([['near', near()] as const]))).toEqual(await of(near()));
  });
});
