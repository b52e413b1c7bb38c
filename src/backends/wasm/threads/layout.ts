/*
 * What threads share, as offsets in bytes from CONTROL, each group in cache lines of its own.
 *
 * A program is a row of step records. Exactly one step is current; its units lie in chunks 0 … count − 1, which threads
 * claim. STATE is one 64-bit word, so that a claim succeeds only while the step that it was meant for is current:
 *   high 32 bits: the epoch, one more with every step that is offered
 *   bits 16 … 31: the next chunk to claim from the front; bits 0 … 15: the end of the chunks left, to claim from the back
 * Equal halves: nothing to claim. Both STOPPED: the program has come to a step that only the main thread can do.
 */
export const CONTROL = 12288;

export const STATE = 0;
/** Chunks of the current step that are done. Who does the last moves on to the next step. */
export const DONE = 64;
/** What threads without work sleep on, and how many do. */
export const SIGNAL = 128;
export const SLEEPERS = 132;
/** The same for the main thread. */
export const PROGRESS = 192;
export const MAIN_SLEEPS = 196;
/** Index of the current step, and where the steps are. */
export const CURRENT = 256;
export const STEPS = 260;
/** Set once: threads shall end. */
export const QUIT = 264;
/** Number of the thread that failed; 0 for none. */
export const FAILED = 268;
/** How many functions the table holds, and where they are described: see CATALOG_BYTES. */
export const CODES = 272;
export const CATALOG = 276;
/** What the thread that failed says: length in bytes, then text. */
export const FAILURE = 512;
export const FAILURE_BYTES = 1024;
/** Room for the two steps of a task that is run at once. */
export const EAGER_STEPS = 2048;

export const STOPPED = 0xffffffff;
export const MOST_CHUNKS = 0xfffe;

/** Bytes that describe a function: address and size of its module, address and size of its name. */
export const CATALOG_BYTES = 16;

/** Kinds of steps. */
export const TASK = 0;
/** The main thread takes over: a host function, or the end. */
export const HOST = 1;

/** The words of a step record. */
export const STEP_BYTES = 32;
export const KIND = 0;
export const CODE = 4;
export const PARAMS = 8;
export const UNITS = 12;
/** Units in a chunk, and how many chunks there are; one chunk is done on the spot. */
export const CHUNK = 16;
export const CHUNKS = 20;
/** How many of the records behind are done chunk by chunk with this one; in those, UNITS holds units per unit of this one. */
export const CHAINED = 24;
