import { ConfigError } from './errors';

/**
 * The module of an optional package, which the user installs.
 *
 * @param name - of the package.
 * @param what - who needs it, and what for; begins the message, e.g. `'toSVG: drawing'`.
 * @param option - the option under which a bundled app passes the module, as bundlers don't see this import.
 * @throws ConfigError that says what to install.
 */
export async function importPeer<T>(name: string, what: string, option: string): Promise<T> {
  try {
    // A computed name, so that no bundler looks for a package that need not be there.
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ `${name}`)) as T;
  } catch (cause) {
    throw new ConfigError(
      `${what} needs the package '${name}', which can't be loaded. npm install ${name}; in a bundled app pass it: { ${option} }.`,
      { cause },
    );
  }
}
