import { AppError } from '../base/errors.js';
import { findNearestName } from '../config/nearest-name.js';
import { ROLES, type Role } from '../runtime/hector.js';

/** The roles of `front,agent`; all of them when nothing is said. */
export function parseRoles(text: string | undefined): ReadonlySet<Role> {
  if (text === undefined) return new Set(ROLES);
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new AppError('CLI_USAGE', { message: `--roles is empty; wanted a comma list of ${ROLES.join(', ')}` });
  return new Set(names.map(getRole));
}

function getRole(name: string): Role {
  const role = ROLES.find((candidate) => candidate === name);
  if (role !== undefined) return role;
  const near = findNearestName(name, ROLES);
  throw new AppError('CLI_USAGE', {
    message: `--roles names '${name}'; ${near === undefined ? `there are ${ROLES.join(', ')}` : `did you mean '${near}'?`}`,
  });
}
