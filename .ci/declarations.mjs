// Writes dist/**/*.d.ts for what `import … from 'hector'` reaches: src/index.ts and what it names. The compilation itself is tsc's.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['src/index.ts'] }, ts.sys, ROOT);
const program = ts.createProgram([join(ROOT, 'src/index.ts')], {
  ...options,
  declaration: true,
  emitDeclarationOnly: true,
  incremental: false,
  tsBuildInfoFile: undefined,
  sourceMap: false,
});
const { diagnostics } = program.emit();
if (diagnostics.length > 0) {
  const host = { getCurrentDirectory: () => ROOT, getCanonicalFileName: (name) => name, getNewLine: () => '\n' };
  process.stderr.write(ts.formatDiagnostics(diagnostics, host));
  process.exitCode = 1;
}
