/** Names that the checks of commands know. */

/** TOOL-31. */
export const DENIED_COMMANDS: readonly string[] = [
  ...['rm', 'rmdir', 'sudo', 'su', 'chmod', 'chown', 'dd', 'mkfs', 'fdisk', 'mount', 'umount', 'kill', 'killall', 'pkill'],
  ...['reboot', 'shutdown', 'passwd', 'useradd', 'userdel', 'groupadd'],
];

/** The same acts under other names. */
export const SAME_AS_DENIED: Readonly<Record<string, string>> = {
  unlink: 'rm',
  shred: 'rm',
  srm: 'rm',
  rimraf: 'rm',
  del: 'rm',
  'del-cli': 'rm',
  'trash-put': 'rm',
  trash: 'rm',
  doas: 'sudo',
  pkexec: 'sudo',
  runuser: 'su',
  setpriv: 'su',
  chgrp: 'chown',
  halt: 'shutdown',
  poweroff: 'shutdown',
  init: 'shutdown',
  telinit: 'shutdown',
  killall5: 'kill',
  fuser: 'kill',
  slay: 'kill',
  skill: 'kill',
  snice: 'kill',
  xkill: 'kill',
  adduser: 'useradd',
  deluser: 'userdel',
  addgroup: 'groupadd',
  chpasswd: 'passwd',
  mke2fs: 'mkfs',
  wipefs: 'mkfs',
  mkswap: 'mkfs',
  sfdisk: 'fdisk',
  cfdisk: 'fdisk',
  parted: 'fdisk',
};

/** They run what they are given in ways that are not looked into. */
export const OPAQUE_RUNNERS: readonly string[] = [
  ...[
    'chroot',
    'unshare',
    'nsenter',
    'bwrap',
    'firejail',
    'flock',
    'watch',
    'script',
    'strace',
    'ltrace',
    'gdb',
    'lldb',
    'perf',
    'valgrind',
  ],
  ...['parallel', 'at', 'batch', 'crontab', 'systemd-run', 'systemctl', 'screen', 'tmux', 'expect', 'unbuffer', 'dbus-run-session'],
  ...[
    'setsid',
    'daemonize',
    'start-stop-daemon',
    'entr',
    'inotifywait',
    'run-parts',
    'setarch',
    'linux32',
    'linux64',
    'ld.so',
    'proot',
    'fakeroot',
  ],
  ...['vi', 'vim', 'nvim', 'view', 'ex', 'ed', 'emacs', 'nano', 'zsh', 'fish', 'csh', 'tcsh', 'rbash', 'pwsh', 'rlwrap', 'socat', 'ncat'],
  ...['loginctl', 'service', 'rc-service', 'sg', 'newgrp', 'capsh', 'runcon', 'cgexec', 'prlimit', 'numactl', 'choom', 'dumb-init', 'tini'],
  ...['chpst', 'softlimit', 'setlock', 'envdir', 'nsjail', 'xvfb-run', 'catchsegv', 'faketime', 'eatmydata', 'torsocks', 'proxychains'],
  ...['ifne', 'chronic', 'pee', 'vipe', 'sem', 'timelimit', 'uname26', 'i386', 'x86_64'],
  // Their own languages run commands, from arguments and from standard input.
  ...['sqlite3', 'psql', 'mysql', 'mariadb', 'm4', 'dc', 'gnuplot', 'octave', 'ftp', 'lftp', 'mail', 'mailx', 'mutt', 'tcpdump', 'nmap'],
  // Shells whose text is not read here.
  ...[
    'yash',
    'posh',
    'oksh',
    'lksh',
    'loksh',
    'sash',
    'scsh',
    'rksh',
    'rzsh',
    'osh',
    'ysh',
    'oil',
    'rc',
    'es',
    'nu',
    'elvish',
    'xonsh',
    'ion',
    'hush',
  ],
  ...[
    'ssh-agent',
    'ssh-add',
    'ssh-keygen',
    'ssh-copy-id',
    'nc',
    'netcat',
    'telnet',
    'xterm',
    'x-terminal-emulator',
    'xdg-open',
    'run-mailcap',
  ],
  ...[
    'rvim',
    'vimdiff',
    'rview',
    'gvim',
    'rgvim',
    'gview',
    'vimtutor',
    'emacsclient',
    'jed',
    'joe',
    'pico',
    'micro',
    'editor',
    'sensible-editor',
  ],
  ...['sensible-browser', 'sensible-pager', 'coreutils', 'rake', 'mix'],
  ...['ksh', 'mksh', 'ssh', 'mosh', 'rsh', 'docker', 'podman', 'nerdctl', 'kubectl', 'lxc', 'machinectl', 'gosu', 'su-exec'],
];

/** Shells with their version, or built otherwise, in their names. */
export const OTHER_SHELLS = /^(?:(?:k|z|tc|c|mk|pdk|pd)sh(?:[\d.]+|-static)?|bash(?:[\d.]+|-static))$/;

/** A loader of programs runs the one that it is given. */
export const LOADERS = /^ld(?:-[\w.-]*|[\d.-]*)\.so/;

/** Builtins that run text, or change what later words mean. */
export const OPAQUE_BUILTINS: readonly string[] = [
  ...[
    'source',
    '.',
    'alias',
    'unalias',
    'hash',
    'enable',
    'complete',
    'compgen',
    'compopt',
    'bind',
    'fc',
    'history',
    'shopt',
    'let',
    'coproc',
  ],
  ...['disown', 'suspend', 'logout', 'caller'],
];

/** Shells whose text is read as bash reads it. */
export const SHELLS: readonly string[] = ['bash', 'sh', 'dash', 'ash'];

/** Builtins that act on nothing but the shell itself: an allow list need not name them. */
export const HARMLESS_BUILTINS: readonly string[] = [
  ...[':', 'true', 'false', 'test', '[', 'exit', 'return', 'break', 'continue', 'shift', 'wait', 'set'],
  ...['local', 'export', 'readonly', 'declare', 'typeset', 'unset'],
];

/** Variables that make other programs run something else. */
export const DANGEROUS_VARIABLES =
  /^(PATH|IFS|ENV|CDPATH|PS[0-4]|PROMPT_COMMAND|SHELL|SHELLOPTS|BASHOPTS|HOME|EDITOR|VISUAL|MAKEFLAGS|BROWSER|NODE_OPTIONS|NODE_PATH|PERL5OPT|PERL5LIB|PERL5DB|RUBYOPT|RUBYLIB|PYTHON\w*|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|CLASSPATH|LUA_\w*|PHPRC|TAR_OPTIONS|POSIXLY_CORRECT|GLOBIGNORE|FIGNORE|EXECIGNORE|HISTFILE|INPUTRC|HECTOR_\w*|BASH\w*|LD_\w*|DYLD_\w*|GCONV_PATH|LOCPATH|GIT_\w*|SSH_\w*|npm_config_\w*|CARGO_\w*|RUSTC\w*|MAKEFILES|GNUMAKEFLAGS|GO\w*FLAGS|LESS\w*|MAN\w*|\w*PAGER)$/;
