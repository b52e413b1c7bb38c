import { FormatError } from '../../core/errors';
import type { AnyLayer } from '../../nn/layer';
import type { Input } from './input-shape';
import type { KerasLayer } from './keras-layer';
import { type Making, ourName } from './make-layer';

/** What an input of the model, or a call of a layer, gives. */
export interface Value {
  /** Position of the call; of an input −1 − its position. */
  readonly call: number;
  readonly output: number;
}

export interface Call {
  /** Position of the layer. */
  readonly layer: number;
  readonly inputs: readonly Value[];
}

/** A layer of Keras's model by its place there, for finding its weights. */
export type Entry =
  | { readonly keras: KerasLayer; readonly layer: number }
  | { readonly keras: KerasLayer; readonly entries: readonly Entry[] };

const MAX_LAYERS = 20_000;
const MAX_INPUTS = 10_000;
/** Of calls, their inputs and outputs, those in models that are called twice counted twice: few bytes can ask for any number. */
const MAX_STEPS = 500_000;

/** The layers of a file with all their calls; models within models are taken apart. */
export class Assembly {
  readonly layers: AnyLayer[] = [];
  readonly names: string[] = [];
  readonly calls: Call[] = [];
  inputs: readonly Input[] = [];
  outputs: readonly Value[] = [];
  /** In Keras's order. */
  entries: readonly Entry[] = [];
  readonly making: Making;
  readonly #taken = new Set<string>();
  /** By name, the number that was last put after it. */
  readonly #numbers = new Map<string, number>();
  #steps = 0;

  constructor(making: Making) {
    this.making = making;
  }

  addLayer(layer: AnyLayer, name: string): number {
    if (this.layers.length >= MAX_LAYERS)
      throw new FormatError(`${this.making.what}: the model has more than ${MAX_LAYERS} layers.`);
    this.names.push(name);
    return this.layers.push(layer) - 1;
  }

  addCall(layer: number, inputs: readonly Value[]): Value {
    if (inputs.length > MAX_INPUTS)
      throw new FormatError(
        `${this.making.what}: '${this.names[layer]}' is given ${inputs.length} inputs; ${MAX_INPUTS} are the most.`,
      );
    this.spend(1 + inputs.length);
    return { call: this.calls.push({ layer, inputs }) - 1, output: 0 };
  }

  /** Counts steps of calling layers. */
  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS)
      throw new FormatError(
        `${this.making.what}: calling the layers of the model takes more than ${MAX_STEPS} steps. Is a model within it called twice, and those within that?`,
      );
  }

  /** A name that no layer has yet. */
  unique(keras: string, path: readonly string[]): string {
    const plain = ourName(keras);
    const name = this.#taken.has(plain) ? this.#numbered(ourName([...path, keras].join('_'))) : plain;
    this.#taken.add(name);
    return name;
  }

  #numbered(name: string): string {
    if (!this.#taken.has(name)) return name;
    let number = this.#numbers.get(name) ?? 0;
    do number++;
    while (this.#taken.has(`${name}_${number}`));
    this.#numbers.set(name, number);
    return `${name}_${number}`;
  }
}
