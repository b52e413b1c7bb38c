import { FormatError } from '../../core/errors';
import { isRecord, type Json, own, show } from './json';

/** The config of one Keras layer, read with checks; every complaint names the layer. */
export class ConfigReader {
  /** Such as `fromKeras: Conv2D 'conv2d_1'`. */
  readonly label: string;
  readonly config: Json;

  constructor(label: string, config: Json) {
    this.label = label;
    this.config = config;
  }

  raw(key: string): unknown {
    return own(this.config, key);
  }

  /** The value of the first of these keys that is there and not null; names changed between versions. */
  first(...keys: readonly string[]): unknown {
    return keys.map((key) => this.raw(key)).find((value) => value !== undefined && value !== null);
  }

  fail(what: string): never {
    throw new FormatError(`${this.label}: ${what}`);
  }

  wrong(key: string, wanted: string): never {
    return this.fail(`${key} must be ${wanted}, the file has ${show(this.raw(key))}.`);
  }

  flag(key: string, byDefault = false): boolean {
    const value = this.raw(key) ?? byDefault;
    if (value === 0 || value === 1) return value === 1;
    return typeof value === 'boolean' ? value : this.wrong(key, 'true or false');
  }

  number(key: string, byDefault?: number): number {
    const value = this.raw(key) ?? byDefault;
    return typeof value === 'number' && Number.isFinite(value) ? value : this.wrong(key, 'a number');
  }

  text(key: string): string {
    const value = this.raw(key);
    return typeof value === 'string' ? value : this.wrong(key, 'a text');
  }

  record(key: string): Json {
    const value = this.raw(key);
    return isRecord(value) ? value : this.wrong(key, 'an object');
  }
}
