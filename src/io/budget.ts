import { ConfigError, FormatError } from '../core/errors';

/** The most that deflate can make of a byte. */
const MAX_RATIO = 1032;
/** Weights compress to a few per cent at best, unless they are nothing but zeros; small files may. */
const HONEST_RATIO = 100;
const ALWAYS = 256 << 20;

const HINT = ' It may be a trap; if you trust it, give a larger maxBytes.';

/** How many bytes may still be unpacked of a file, all its layers of compression together. */
export class Budget {
  readonly #what: string;
  readonly #hint: string;
  readonly #limit: number;
  readonly #given: number;
  #left: number;

  constructor(what: string, given: number, maxBytes: number | undefined, hint = HINT) {
    if (maxBytes !== undefined && !(Number.isSafeInteger(maxBytes) && maxBytes > 0))
      throw new ConfigError(`${what}: maxBytes must be a positive integer, got ${String(maxBytes)}.`);
    this.#what = what;
    this.#hint = hint;
    this.#given = given;
    this.#limit = maxBytes ?? Math.max(ALWAYS, HONEST_RATIO * given);
    this.#left = this.#limit;
  }

  /**
   * Takes the bytes that something claims to be, unpacked, before they are made.
   *
   * @param packed - bytes that it is made of.
   * @throws FormatError where it can't be that many, or they would be too many.
   */
  take(bytes: number, packed: number, name: string): void {
    if (!(bytes <= MAX_RATIO * packed))
      throw new FormatError(
        `${this.#what}: '${name}' claims ${bytes} bytes, more than ${packed} can hold. The file is damaged, or a trap.`,
      );
    if (bytes > this.#left)
      throw new FormatError(
        `${this.#what}: with '${name}' the ${this.#given} bytes of the file unpack to more than ${this.#limit}.${this.#hint}`,
      );
    this.#left -= bytes;
  }

  /** Whether so many bytes could be taken. */
  allows(bytes: number): boolean {
    return bytes <= this.#left;
  }
}
