/** What decides which commands may run, and where. */
export interface CommandPolicy {
  readonly allowedCommands: readonly string[];
  readonly deniedCommands: readonly string[];
  readonly denyByDefault: boolean;
  /** The tool's folder, links resolved. */
  readonly root: string;
  /** Where the command starts; inside `root`, links resolved. */
  readonly folder: string;
  /** Folders of programs, as the command will have them. */
  readonly searchPath: readonly string[];
}

/** Characters of a command line. */
export const MAX_COMMAND_LENGTH = 32_768;
