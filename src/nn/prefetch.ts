import { ConfigError } from '../core/errors';

/**
 * Batches made ahead of when they are needed: while the model learns from one, up to `ahead` others are read or decoded.
 *
 * Work that waits (files, the network, other threads) overlaps with training; work of this thread's own does not.
 *
 * @param source - an iterable of batches, or a function that returns a new one for every epoch.
 * @param ahead - how many may lie ready; default 2.
 * @returns a function that returns a new iterable, as `fit` takes it.
 * @throws ConfigError when `ahead` is no integer ≥ 1; what the source throws comes through in its place.
 *
 * @example
 * ```ts
 * import { dense, prefetch, sequential } from 'kompakt/nn';
 * const batches = async function* () {
 *   for (let i = 0; i < 3; i++) yield [[[i]], [[2 * i]]] as [number[][], number[][]];
 * };
 * const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 0 });
 * model.compile({ optimizer: 'sgd', loss: 'mse' });
 * const { history } = await model.fit(prefetch(batches), undefined, { epochs: 2 });
 * console.log(history.loss.length); // → 2
 * ```
 */
export function prefetch<T>(
  source: AsyncIterable<T> | (() => AsyncIterable<T> | Iterable<T>),
  ahead = 2,
): () => AsyncGenerator<T> {
  if (!Number.isInteger(ahead) || ahead < 1)
    throw new ConfigError(`prefetch: ahead must be an integer ≥ 1, got ${ahead}.`);
  return async function* () {
    const iterable = typeof source === 'function' ? source() : source;
    const iterator = Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
    const waiting: Promise<IteratorResult<T>>[] = [];
    const order = (): void => {
      // Async, so that what an iterator throws at once waits for its turn, too.
      const next = (async () => iterator.next())();
      // It is looked at in its turn; until then a failure must not count as one that nobody handles.
      next.catch(() => {});
      waiting.push(next);
    };
    try {
      while (waiting.length < ahead) order();
      for (;;) {
        const { done, value } = await waiting.shift()!;
        if (done) return;
        order();
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  };
}
