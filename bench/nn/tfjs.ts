import { type Tfjs, type TfTensor, tfjs } from '../peers/tfjs';
import { drawnData, drawnWeight, type Kind, type Run, WORK } from './work';

interface Model {
  readonly weights: readonly { readonly shape: readonly number[] }[];
  setWeights(weights: readonly TfTensor[]): void;
  compile(config: { optimizer: string; loss: string }): void;
  fit(x: TfTensor, y: TfTensor, options: object): Promise<{ history: { loss: ArrayLike<number> } }>;
  predict(x: TfTensor): TfTensor;
}

/** TensorFlow.js's way to do what it has layers for. */
export async function prepareTfjs(kind: Kind, backend: 'wasm' | 'cpu'): Promise<Run> {
  const tf = await tfjs(backend);
  if (typeof tf === 'string') throw new Error(tf);
  const { layers, more } = layersOf(tf, kind);
  const model = (tf.sequential as unknown as (config: object) => Model)({ layers });

  const weights = model.weights.map(({ shape }, i) => tf.tensor(drawnWeight(i, shape), shape));
  model.setWeights(weights);
  for (const w of weights) w.dispose();
  const work = WORK[kind];
  const { samples, x: data, targets, labels } = drawnData(work);
  const x = tf.tensor(data, [samples, ...work.input]);
  if (kind === 'vgg16') {
    return async () => {
      const y = model.predict(x);
      const value = Math.log(y.dataSync()[0]!);
      y.dispose();
      return value;
    };
  }
  model.compile({ optimizer: 'adam', loss: more.loss });
  const y =
    targets === undefined
      ? tf.tensor(Float32Array.from(labels), [samples])
      : tf.tensor(targets, [samples, ...work.target!]);
  const options = { epochs: 1, batchSize: work.batch, shuffle: false, verbose: 0 };
  return async () => Number((await model.fit(x, y, options)).history.loss[0]);
}

function layersOf(tf: Tfjs, kind: Kind): { readonly layers: readonly unknown[]; readonly more: { loss: string } } {
  const make = tf.layers as Readonly<Record<string, (config?: object) => unknown>>;
  const conv = (filters: number, first: object = {}) =>
    make.conv2d!({ filters, kernelSize: 3, padding: 'same', activation: 'relu', ...first });
  const dense = (units: number, activation: string) => make.dense!({ units, activation, kernelInitializer: 'zeros' });
  const pool = () => make.maxPooling2d!({ poolSize: 2 });
  const input = { inputShape: WORK[kind].input };
  if (kind === 'lstm') {
    const options = { units: 128, recurrentActivation: 'sigmoid', recurrentInitializer: 'zeros', ...input };
    return { layers: [make.lstm!(options)], more: { loss: 'meanSquaredError' } };
  }
  if (kind === 'transformer') throw new Error('tfjs has no layer for attention');
  const more = { loss: 'sparseCategoricalCrossentropy' };
  if (kind === 'cnn') {
    const ends = [make.flatten!(), dense(128, 'relu'), dense(10, 'softmax')];
    return { layers: [conv(32, input), pool(), conv(64), pool(), ...ends], more };
  }
  const blocks = [64, 128, 256, 512, 512].flatMap((filters, b) => [
    ...Array.from({ length: b < 2 ? 2 : 3 }, (_, i) => conv(filters, b + i === 0 ? input : {})),
    pool(),
  ]);
  return {
    layers: [...blocks, make.flatten!(), dense(4096, 'relu'), dense(4096, 'relu'), dense(1000, 'softmax')],
    more,
  };
}
