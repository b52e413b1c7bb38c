import { ConfigError } from '../../core/errors';
import type { Callback, CallbackMemory, Logs, Training } from './callback';
import { progressBar, showsProgressByDefault } from './progress-bar';

type EpochHook = 'onEpochBegin' | 'onEpochEnd' | 'onBatchBegin' | 'onBatchEnd';

const HOOKS = ['onTrainBegin', 'onTrainEnd', 'onEpochBegin', 'onEpochEnd', 'onBatchBegin', 'onBatchEnd'];

/** Calls the hooks of several callbacks, in order. */
export class CallbackList {
  readonly #callbacks: readonly Callback[];

  constructor(callbacks: readonly Callback[], verbose: number | boolean | undefined) {
    callbacks.forEach((c, i) => {
      if (typeof c !== 'object' || c === null) {
        throw new ConfigError(
          `fit: callback ${i} is not an object with hooks such as onEpochEnd. Call the factory, e.g. earlyStopping({ … }).`,
        );
      }
      const hook = Object.keys(c).find((key) => key.startsWith('on') && !HOOKS.includes(key));
      if (hook !== undefined) {
        throw new ConfigError(`fit: callback ${i} has '${hook}', which is no hook. Hooks are ${HOOKS.join(', ')}.`);
      }
    });
    const shows = verbose === undefined ? showsProgressByDefault() : Number(verbose) > 0;
    const has = callbacks.some((c) => c.name === 'progressBar');
    const all = shows && !has ? [...callbacks, progressBar()] : callbacks;
    const isLast = (c: Callback): boolean => c.comesLast === true;
    this.#callbacks = [...all.filter((c) => !isLast(c)), ...all.filter(isLast)];
  }

  /** Whether one of them sets the learning rate. */
  get steersLearningRate(): boolean {
    return this.#callbacks.some((c) => c.steersLearningRate === true);
  }

  /** What the callbacks remember, with a name for each that does. */
  remembered(): { readonly [name: string]: CallbackMemory } {
    return Object.fromEntries(this.#named().flatMap(([name, c]) => (c.remembered ? [[name, c.remembered()]] : [])));
  }

  /** Hands to each what one of its name remembered. */
  async remind(memories: { readonly [name: string]: CallbackMemory }): Promise<void> {
    for (const [name, c] of this.#named()) {
      if (Object.hasOwn(memories, name)) await c.remind?.(memories[name]!);
    }
  }

  #named(): [string, Callback][] {
    const counts = new Map<string, number>();
    return this.#callbacks.map((c) => {
      const name = c.name ?? 'callback';
      const n = counts.get(name) ?? 0;
      counts.set(name, n + 1);
      return [`${name}/${n}`, c];
    });
  }

  async train(hook: 'onTrainBegin' | 'onTrainEnd', logs: Logs, training: Training): Promise<void> {
    for (const c of this.#callbacks) await c[hook]?.(logs, training);
  }

  /** Whether there is such a hook: logs nobody looks at need not be made. */
  has(hook: EpochHook): boolean {
    return this.#callbacks.some((c) => c[hook] !== undefined);
  }

  /** Waits only where a hook returned a promise, so that plain hooks cost nothing per batch. */
  async at(hook: EpochHook, index: number, logs: Logs, training: Training): Promise<void> {
    for (const c of this.#callbacks) {
      const result = c[hook]?.(index, logs, training);
      if (result instanceof Promise) await result;
    }
  }
}
