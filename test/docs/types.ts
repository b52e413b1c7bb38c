import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

/**
 * Type-checks pieces of TypeScript against the sources, as strictly as a user does who sets `strict` and nothing else.
 * A relative import counts from the repository's root.
 *
 * @returns For each piece, its errors as readable lines.
 */
export function typeErrors(codes: readonly string[]): string[][] {
  const config = resolve('tsconfig.json');
  const json = ts.readConfigFile(config, ts.sys.readFile).config;
  const options: ts.CompilerOptions = {
    ...ts.parseJsonConfigFileContent(json, ts.sys, dirname(config)).options,
    noUncheckedIndexedAccess: false,
    exactOptionalPropertyTypes: false,
  };
  const nameOf = (index: number) => join(resolve('.'), `example-${index}.ts`).replaceAll('\\', '/');
  // `export {}` makes a module of an example without imports, so that examples don't see each other's names.
  const texts = new Map(codes.map((code, index) => [nameOf(index), `${code}\nexport {};\n`]));
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (name) => texts.has(name) || fileExists(name);
  host.readFile = (name) => texts.get(name) ?? readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const text = texts.get(name);
    return text === undefined ? getSourceFile(name, version, ...rest) : ts.createSourceFile(name, text, version);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return codes.map((_, index) => {
    const file = program.getSourceFile(nameOf(index))!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ start, messageText }) => {
        const line = ts.getLineAndCharacterOfPosition(file, start ?? 0).line + 1;
        return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      },
    );
  });
}
