/** `GET /api/sessions/{id}/artifacts` and `…/artifacts/{name}` (SES-07). */
import { AppError } from '../base/errors.js';
import { readSessionArtifacts } from '../memory/artifacts/session-artifacts.js';
import { getSession, type SessionReference } from './get-session.js';
import { QueryReader } from './query-reader.js';
import { viewArtifact } from './session-view.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/** The newest version of each, without what it holds. */
export async function listSessionArtifacts(ports: StudioPorts, reference: SessionReference): Promise<StudioResponse> {
  const artifacts = await readSessionArtifacts(ports.sessions, await getSession(ports, reference));
  return { status: 200, body: { artifacts: artifacts.list().map((one) => viewArtifact(one, { withParts: false })) } };
}

export async function loadSessionArtifact(
  ports: StudioPorts,
  { name, ...reference }: SessionReference & { readonly name: string },
  query: URLSearchParams,
): Promise<StudioResponse> {
  const reader = new QueryReader(query, ['version']);
  const version = reader.integer('version', { minimum: 1, maximum: 1_000_000 });
  reader.problems.throwIfAny();
  const artifacts = await readSessionArtifacts(ports.sessions, await getSession(ports, reference));
  const found = artifacts.find(name, version);
  if (found !== undefined) return { status: 200, body: viewArtifact(found, { withParts: true }) };
  const newest = artifacts.find(name)?.version;
  const known = newest === undefined ? `there is ${namesOf(artifacts.list())}` : `its newest version is ${newest}`;
  throw new AppError('ARTIFACT_NOT_FOUND', {
    message: `Artifact '${name.slice(0, 80)}'${version === undefined ? '' : ` version ${version}`} not found; ${known}`,
  });
}

function namesOf(list: readonly { readonly name: string }[]): string {
  return list.length === 0
    ? 'none'
    : list
        .slice(0, 20)
        .map(({ name }) => `'${name}'`)
        .join(', ');
}
