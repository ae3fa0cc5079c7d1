import { describeError } from '../base/errors.js';
import { readVersion } from '../base/version.js';
import { findLiteralSecrets } from '../config/find-literal-secrets.js';
import type { Hector } from '../runtime/hector.js';
import { warnAboutAuthFlags } from './auth-flags.js';
import { type CliContext, type Command, findTextFlag, isFlagSet } from './command.js';
import { formatStartup } from './format-startup.js';
import { openServeConfig } from './open-serve-config.js';
import { parseRoles } from './parse-roles.js';
import { runHector } from './run-hector.js';
import { SERVE_OPTIONS } from './serve-flags.js';
import { whenAborted } from './stop-signal.js';
import { warnAboutSecrets } from './warn-about-secrets.js';

/** CLI-02. */
export const serveCommand: Command = {
  name: 'serve',
  summary: 'Start the server',
  usage: '[flags]',
  maxArguments: 0,
  options: {
    roles: { type: 'string', value: '<list>', description: 'What this process does: front, agent, ingest, keeper (default all)' },
    ...SERVE_OPTIONS,
  },
  examples: [
    'hector serve',
    'hector serve --config hector.yaml --port 9000',
    "hector serve --docs-folder ./docs --instruction 'Answer from the documents.'",
    'hector serve --roles front',
    'hector serve --roles agent,ingest,keeper',
  ],
  async run(input, context) {
    context.terminal.outliveReader?.();
    const roles = parseRoles(findTextFlag(input, 'roles'));
    const { settings, config, watches } = await openServeConfig(input, context);
    warnAboutSecrets(findLiteralSecrets(settings.source), context.terminal);
    warnAboutAuthFlags(input, context.terminal);
    const serve = async (hector: Hector, signal: AbortSignal) => {
      const stopListening = context.listenForHangup?.(() => void hector.reload?.());
      context.terminal.write(`${formatBanner(context)}${formatStartup(hector, settings, roles)}`);
      if (isFlagSet(input, 'force-reindex')) void reindex(hector, context, signal);
      await whenAborted(signal);
      stopListening?.();
      context.terminal.writeError('Stopping; press Ctrl-C again to end at once.\n');
      return 0;
    };
    return runHector(context, settings, roles, serve, { config, watches });
  },
};

/** Beside what is served meanwhile; present chunks are found until new ones are there. */
async function reindex(hector: Hector, { terminal }: CliContext, signal: AbortSignal): Promise<void> {
  try {
    const { done, failed } = await hector.ingest(undefined, () => undefined, signal, 'all');
    terminal.writeError(`Documents embedded anew: ${done}${failed === 0 ? '' : `, failed: ${failed}`}\n`);
  } catch (error) {
    if (!signal.aborted) terminal.writeError(`warning: --force-reindex: ${describeError(error)}\n`);
  }
}

/** CLI-50: only for somebody who watches. */
function formatBanner({ terminal }: CliContext): string {
  return terminal.isInteractive ? `\n  H E C T O R  ${readVersion()}\n\n` : '';
}
