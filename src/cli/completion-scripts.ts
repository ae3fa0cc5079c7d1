/** Completion scripts from the commands' own descriptions; nothing of Hector runs while somebody types. */
export interface CompletedFlag {
  /** Without dashes. */
  readonly name: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  /** Its value is a path. */
  readonly takesPath: boolean;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly verbs: readonly string[];
  readonly flags: readonly CompletedFlag[];
  /** Its argument may be a path. */
  readonly takesPath: boolean;
}

export function formatBash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, flags, verbs, takesPath }) => {
    const values = flags.filter(({ takesValue }) => takesValue);
    const wanted = values.map(
      (flag) =>
        `        ${namesOf(flag).join('|')}) ${flag.takesPath ? 'COMPREPLY=($(compgen -f -- "$cur"))' : reply(flag.choices)}; return ;;`,
    );
    return [
      `    ${name})`,
      '      case "$prev" in',
      ...wanted,
      '      esac',
      `      if [[ "$cur" == -* ]]; then ${reply(flags.map((flag) => `--${flag.name}`))}; return; fi`,
      `      ${takesPath ? 'COMPREPLY=($(compgen -f -- "$cur"))' : reply(verbs)}`,
      '      ;;',
    ].join('\n');
  });
  return `# bash completion of hector
_hector() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in ${commands.map(({ name }) => name).join('|')}) command="$word"; break ;; esac
  done
  COMPREPLY=()
  case "$command" in
${cases.join('\n')}
    *) ${reply(commands.map(({ name }) => name))} ;;
  esac
}
complete -o filenames -F _hector hector
`;
}

function reply(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$cur"))`;
}

function namesOf({ name, short }: CompletedFlag): readonly string[] {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
}

export function formatZsh(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name, summary }) => `    '${name}:${plain(summary)}'`);
  const cases = commands.map(({ name, flags, verbs, takesPath }) => {
    const rest = takesPath ? ["'*:file:_files'"] : verbs.length > 0 ? [`'1:verb:(${verbs.join(' ')})'`] : [];
    return `    ${name}) _arguments ${[...flags.flatMap(zshFlag), ...rest].join(' \\\n      ')} ;;`;
  });
  return `#compdef hector
_hector() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = "_hector" ]; then _hector "$@"; else compdef _hector hector; fi
`;
}

function zshFlag(flag: CompletedFlag): readonly string[] {
  const value = !flag.takesValue
    ? ''
    : flag.takesPath
      ? ':path:_files'
      : flag.choices.length > 0
        ? `:value:(${flag.choices.join(' ')})`
        : ':value:';
  return namesOf(flag).map((name) => `'${name}[${plain(flag.description)}]${value}'`);
}

export function formatFish(commands: readonly CompletedCommand[]): string {
  const lines = ['# fish completion of hector', 'complete -c hector -f'];
  for (const { name, summary, flags, verbs, takesPath } of commands) {
    lines.push(`complete -c hector -n __fish_use_subcommand -a ${name} -d '${plain(summary)}'`);
    const here = `-n '__fish_seen_subcommand_from ${name}'`;
    if (verbs.length > 0) lines.push(`complete -c hector ${here} -a '${verbs.join(' ')}'`);
    if (takesPath) lines.push(`complete -c hector ${here} -F`);
    for (const flag of flags) {
      const short = flag.short === undefined ? '' : ` -s ${flag.short}`;
      const value = !flag.takesValue
        ? ''
        : flag.takesPath
          ? ' -r -F'
          : flag.choices.length > 0
            ? ` -x -a '${flag.choices.join(' ')}'`
            : ' -x';
      lines.push(`complete -c hector ${here} -l ${flag.name}${short}${value} -d '${plain(flag.description)}'`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Between single quotes. */
function plain(text: string): string {
  return text.replaceAll(/['"`$\\[\]:]/g, '');
}
