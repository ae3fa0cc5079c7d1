/**
 * `hector` with planned models and the effect tools: the command line, signals and all, as a process that can be killed.
 * Tells on standard output which run's step it begins, as `begin <run> <step>`, and
 * which tool call, as `call <callId>`. Ends with its standard input: with the test.
 */
import { runCli } from '../../../src/cli/run-cli.js';
import { listenForStop } from '../../../src/cli/stop-signal.js';
import { processTerminal } from '../../../src/cli/terminal.js';
import { startHector } from '../../../src/compose.js';
import { armFaultPointsFromEnvironment, processEnvironment } from '../../../src/config/environment.js';
import type { Extensions } from '../../../src/runtime/extensions.js';
import { createEffectTools } from './effect-tools.js';
import { createFlowModel } from './flow-models.js';
import { createPlannedModel } from './planned-model.js';

process.stdin.resume().on('end', () => process.exit(1));
armFaultPointsFromEnvironment();
const tellBeginning = (run: string, step: number) => void process.stdout.write(`begin ${run} ${step}\n`);
const model = createPlannedModel(tellBeginning);
const environment = processEnvironment();
const tools = createEffectTools(environment['EFFECT_SERVER_URL'] ?? '', (callId) => {
  process.stdout.write(`call ${callId}\n`);
});
const extensions: Extensions = { createLanguageModel: (name) => createFlowModel(name, tellBeginning) ?? model, tools };
const exitCode = await runCli(process.argv.slice(2), {
  terminal: processTerminal(),
  environment,
  workingDirectory: process.cwd(),
  loadStartHector: async () => (settings, options) => startHector(settings, { ...options, extensions }),
  listenForStop,
});
process.exit(exitCode);
