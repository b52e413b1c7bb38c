import { type Tensor, tensor } from 'kompakt';
import { vgg16 } from 'kompakt/applications';
import { type FitOptions, lstm, type Sequential, sequential, transformerEncoder } from 'kompakt/nn';
import { threaded } from '../ours';
import { ourModel } from '../train-models';
import { drawnData, drawnWeight, type Kind, type Run, WORK } from './work';

/** kompakt's way to do each work. */
export async function prepareOurs(kind: Kind, threads: number): Promise<Run> {
  const backend = threaded(threads);
  const model = modelOf(kind, threads);
  model.build([...WORK[kind].input]);
  model.setWeights(model.weights.map(({ shape }, i) => ({ data: drawnWeight(i, shape), shape: [...shape] })));
  const work = WORK[kind];
  const { samples, x: data, targets, labels } = drawnData(work);
  const x = tensor(data, { shape: [samples, ...work.input], backend });
  if (kind === 'vgg16') return async () => Math.log(await firstOf(model.predict(x)));
  const y = targets === undefined ? labels : tensor(targets, { shape: [samples, ...work.target!], backend });
  const options: FitOptions = { epochs: 1, batchSize: work.batch, verbose: 0, shuffle: false };
  return async () => (await model.fit(x, y, options)).history.loss![0]!;
}

function modelOf(kind: Kind, threads: number): Sequential {
  const options = { seed: 1, backend: threaded(threads) };
  if (kind === 'vgg16') return vgg16(options);
  if (kind === 'cnn') return ourModel({ work: 'cnn' }, threads);
  const layer = kind === 'lstm' ? lstm({ units: 128 }) : transformerEncoder({ numHeads: 4, intermediateDim: 512 });
  const model = sequential([layer], { ...options, inputShape: WORK[kind].input });
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  return model;
}

async function firstOf(y: Tensor): Promise<number> {
  const values = await y.data();
  y.dispose();
  return Number(values[0]);
}
