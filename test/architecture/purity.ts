import ts from 'typescript';
import { loadTimeWork } from './bundle';

/** Modules that may keep statements which a bundler can't see to be pure, each with its reason. */
export const IMPURE: readonly { readonly path: string; readonly why: string }[] = [
  { path: 'src/backends/webgpu/', why: 'pieces of kernels: the backend is taken whole or not at all' },
  { path: 'src/model-selection/jobs/worker/', why: 'the program of a thread: it is there to run' },
  { path: 'src/core/tensor.ts', why: 'one class with computed method names; whoever computes anything needs it' },
];

/** Whether `node` computes nothing but a value: literals, arithmetic, functions, and the constants and functions of Math. */
function isConstant(node: ts.Node): boolean {
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return true;
  const isMath = (n: ts.Node) => ts.isPropertyAccessExpression(n) && n.expression.getText() === 'Math';
  const effect =
    (ts.isCallExpression(node) && !isMath(node.expression)) ||
    ts.isNewExpression(node) ||
    ts.isTaggedTemplateExpression(node) ||
    ts.isDeleteExpression(node) ||
    ts.isSpreadAssignment(node) ||
    (ts.isPropertyAccessExpression(node) && !isMath(node)) ||
    (ts.isBinaryExpression(node) &&
      node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
      node.operatorToken.kind <= ts.SyntaxKind.LastAssignment);
  return !effect && !ts.forEachChild(node, (child) => !isConstant(child));
}

/**
 * The statements a module runs when it is loaded, constants aside: a bundler must keep them and all that they use.
 *
 * @param path - As in `src/core/op.ts`.
 * @param text - The module's TypeScript.
 */
export async function impureStatements(path: string, text: string): Promise<string[]> {
  if (IMPURE.some((allowed) => path.startsWith(allowed.path))) return [];
  const rest = ts.createSourceFile('rest.js', await loadTimeWork(path, text), ts.ScriptTarget.ES2022, true);
  return rest.statements
    .filter((s) => !ts.isImportDeclaration(s) && !ts.isFunctionDeclaration(s))
    .filter((s) => !(ts.isVariableStatement(s) && isConstant(s.declarationList)))
    .map((s) => `${path}: ${s.getText().replace(/\s+/g, ' ').slice(0, 120)}`);
}
