/** Names of the built-in tools (spec/08 8.1), and which are had without being named. */

/** Tools of `type: function` by the names of their handlers. */
export const BUILT_IN_HANDLERS = [
  'search',
  'request_approval',
  'todo_write',
  'text_editor',
  'read_file',
  'write_file',
  'search_replace',
  'grep_search',
  'apply_patch',
  'web_request',
  'web_fetch',
  'web_search',
] as const;

export type BuiltInHandler = (typeof BUILT_IN_HANDLERS)[number];

/** The tool of `type: command` that there is without a declaration. */
export const BUILT_IN_COMMAND = 'bash';

/** What `--tools all` means, and what an agent can name. */
export const BUILT_IN_TOOLS: readonly string[] = [...BUILT_IN_HANDLERS, BUILT_IN_COMMAND];

/**
 * An agent that names no tools has this one of them, and those that the configuration declares. The others read or change files, run
 * programs, reach out or ask people: whoever wants that says so.
 */
export const HAD_WITHOUT_NAMING: readonly string[] = ['search'];
