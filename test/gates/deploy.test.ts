/** The files that people deploy with (DEP-01…DEP-10): each is parsed, and what they say of each other and of Hector is true. */
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { parseRoles } from '../../src/cli/parse-roles.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { parseConfigText } from '../../src/config/parse-config-text.js';
import type { Settings } from '../../src/config/settings.js';
import { checkIgnored } from './build-context.js';
import { type Files, ROOT, readProjectFiles } from './project.js';

interface Service {
  readonly image: string;
  readonly build?: { readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly disable?: boolean };
  readonly mem_limit?: string;
  readonly stop_grace_period?: string;
  readonly ports?: readonly string[];
}

interface Container {
  readonly image: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext?: { readonly allowPrivilegeEscalation?: boolean };
  readonly resources?: { readonly requests?: { readonly memory?: string }; readonly limits?: { readonly memory?: string } };
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
}

interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
}

type Labels = Readonly<Record<string, string>>;

interface Pod {
  readonly metadata: { readonly labels: Labels };
  readonly spec: {
    readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly runAsUser?: number };
    readonly terminationGracePeriodSeconds?: number;
    readonly containers: readonly Container[];
  };
}

interface Manifest {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: { readonly 'hector.yaml'?: string };
  readonly spec?: {
    readonly selector?: Labels & { readonly matchLabels?: Labels };
    readonly template?: Pod;
    readonly jobTemplate?: { readonly spec: { readonly template: Pod } };
    readonly ports?: readonly { readonly targetPort: string }[];
    readonly scaleTargetRef?: { readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
    readonly metrics?: readonly {
      readonly resource: { readonly name: string; readonly target: { readonly averageUtilization: number } };
    }[];
    readonly schedule?: string;
  };
}

const FOLDER = 'config/deploy/';
const ENVIRONMENT = {
  REDIS_PASSWORD: 'r',
  DB_PASSWORD: 'd',
  OPENAI_API_KEY: 'k',
  REDIS_URL: 'redis://r:6379',
  API_KEY_HASH: `sha256:${'0'.repeat(64)}`,
};

type Report = (path: string, problem: string) => void;

function findDeployProblems(files: Files): string[] {
  const problems: string[] = [];
  const report: Report = (path, problem) => problems.push(`${path}: ${problem}`);
  const check = (path: string, run: () => void) => {
    try {
      run();
    } catch (error) {
      report(path, (error as Error).message);
    }
  };
  const manifests: { readonly path: string; readonly manifest: Manifest }[] = [];
  for (const [path, text] of files) {
    if (!/\/(compose|kubernetes)\/[^/]+\.yaml$/.test(path)) continue;
    for (const document of parseAllDocuments(text, { merge: true })) {
      if (document.errors.length > 0) report(path, String(document.errors[0]));
      else if (path.includes('/compose/'))
        check(path, () => checkCompose(path, document.toJS() as { services: Record<string, Service> }, files, report));
      else manifests.push({ path, manifest: document.toJS() as Manifest });
    }
  }
  const all = manifests.map(({ manifest }) => manifest);
  check(`${FOLDER}kubernetes`, () => {
    const settings = load(all.find(({ kind }) => kind === 'ConfigMap')?.data?.['hector.yaml'] ?? '');
    for (const { path, manifest } of manifests) check(path, () => checkManifest(path, manifest, all, settings, report));
    // Else one who guesses uses up what all callers together may try (SEC-09, SEC-11).
    if (all.some(({ kind }) => kind === 'Ingress') && !settings.server.trustProxy)
      report(`${FOLDER}kubernetes/config.yaml`, 'takes all callers behind the Ingress for one: server.trust_proxy is off');
    if (all.some(({ kind }) => kind === 'Ingress') && !(settings.server.auth.enabled && settings.server.auth.requireAuth))
      report(`${FOLDER}kubernetes/config.yaml`, 'lets everybody in whom the Ingress lets in: server.auth is off');
    checkKinds(all, report);
  });
  checkKustomization(files, report);
  checkIgnored(files.get('.dockerignore') ?? '', files.get(`${FOLDER}Dockerfile`) ?? '', report);
  checkImage(files.get(`${FOLDER}Dockerfile`) ?? '', report);
  checkUnit(files.get(`${FOLDER}systemd/hector.service`) ?? '', report);
  return problems;
}

function checkCompose(path: string, { services }: { readonly services: Record<string, Service> }, files: Files, report: Report): void {
  for (const [name, service] of Object.entries(services)) {
    const written = JSON.stringify(service.environment ?? {}).replaceAll(/\$\{[^}]*\}/g, '');
    if (/(password|key|auth)":"\w/i.test(written)) report(path, `${name} holds a password`);
    if (service.image !== 'hector:latest') {
      if (!/:\d/.test(service.image)) report(path, `${name} has an image without a version`);
      if (service.image.startsWith('redis:')) checkRedis(path, service.command, service.mem_limit, report);
      continue;
    }
    const roles = parseRoles(findRoles(service.command));
    const mounted = service.volumes?.find((volume) => volume.includes('hector.yaml'))?.split(':')[0];
    const config = mounted === undefined ? '{}' : files.get(new URL(mounted, `file:///${path}`).pathname.slice(1));
    if (config === undefined) throw new Error(`${name} mounts ${mounted}, which is not there`);
    const settings = load(config);
    checkHealth(path, name, { service, mounted, hasFront: roles.has('front') }, settings, report);
    checkGrace(path, name, Number.parseInt(service.stop_grace_period ?? '10s', 10), settings, report);
    for (const port of service.ports ?? [])
      if (!settings.server.auth.enabled && !port.startsWith('127.0.0.1:'))
        report(path, `${name} is open to everybody who reaches port ${port}`);
    if (service.build?.dockerfile !== `${FOLDER}Dockerfile`) report(path, `${name} is built from another Dockerfile`);
  }
}

/** What the image's health check asks is what the process of that container has (DEP-02). */
function checkHealth(
  path: string,
  name: string,
  { service, mounted, hasFront }: { readonly service: Service; readonly mounted: string | undefined; readonly hasFront: boolean },
  { observability }: Settings,
  report: Report,
): void {
  if (service.healthcheck?.disable === true) report(path, `${name} has no health check`);
  const inside = service.volumes?.find((volume) => mounted !== undefined && volume.startsWith(`${mounted}:`))?.split(':')[1];
  if (service.command?.includes('--config') || service.environment?.HECTOR_CONFIG !== inside)
    report(path, `${name}: its health check reads another configuration; name it by HECTOR_CONFIG`);
  if (!hasFront && observability.metrics.port === undefined) report(path, `${name} listens nowhere, so that nobody can ask for its health`);
}

/** Full, it must refuse what is new: neither throw away what waits, nor be killed with all of it. */
function checkRedis(path: string, command: readonly string[] = [], limit: string | undefined, report: Report): void {
  const text = command.join(' ');
  const memory = /--maxmemory (\d+)mb\b/.exec(text)?.[1];
  if (!/--maxmemory-policy noeviction\b/.test(text)) report(path, 'Redis may throw away what waits');
  if (memory === undefined) {
    report(path, 'Redis has no --maxmemory');
    return;
  }
  const [, number = '0', unit = ''] = /^(\d+)([gm])i?$/i.exec(limit ?? '') ?? [];
  const mebibytes = Number(number) * (unit.toLowerCase() === 'g' ? 1_024 : 1);
  if (Number(memory) * 1.25 > mebibytes) report(path, `Redis is killed at ${limit ?? 'no limit'} before it refuses at ${memory} MiB`);
}

/** DEP-05 */
function checkKinds(all: readonly Manifest[], report: Report): void {
  const path = `${FOLDER}kubernetes`;
  const wanted = ['Namespace', 'Secret', 'ConfigMap', 'Deployment', 'Service', 'HorizontalPodAutoscaler', 'Ingress', 'NetworkPolicy'];
  for (const kind of [...wanted, 'PodDisruptionBudget', 'StatefulSet', 'CronJob'])
    if (!all.some((manifest) => manifest.kind === kind)) report(path, `has no ${kind}`);
  const scaler = all.find(({ kind }) => kind === 'HorizontalPodAutoscaler')?.spec;
  const targets = (scaler?.metrics ?? []).map(({ resource }) => `${resource.name} ${resource.target.averageUtilization}`);
  if (scaler?.minReplicas !== 2 || scaler.maxReplicas !== 10 || targets.join() !== 'cpu 70,memory 80')
    report(path, 'fronts are not scaled from 2 to 10 at 70 % of CPU and 80 % of memory');
  if (all.find(({ kind }) => kind === 'CronJob')?.spec?.schedule !== '0 2 * * *') report(path, 'the backup is not at 02:00');
}

function checkManifest(path: string, manifest: Manifest, all: readonly Manifest[], settings: Settings, report: Report): void {
  const { apiVersion, kind, metadata, spec = {} } = manifest;
  if (apiVersion === undefined || kind === undefined) throw new Error('a document without apiVersion or kind');
  if (kind === 'Kustomization') return;
  const { name, namespace } = metadata;
  if (kind !== 'Namespace' && namespace !== 'hector') report(path, `${kind} ${name} is outside the namespace`);
  const pod = findPod(manifest);
  if (pod !== undefined) checkPod(path, name, pod, settings, report);
  if (spec.template !== undefined && !selects(spec.selector?.matchLabels ?? {}, spec.template)) report(path, `${name} selects other pods`);
  if (kind === 'Service' || kind === 'PodDisruptionBudget') {
    const wanted = spec.selector?.matchLabels ?? spec.selector ?? {};
    const found = all.flatMap((other) => findPod(other) ?? []).filter((each) => selects(wanted as Labels, each));
    if (found.length !== 1) report(path, `${kind} ${name} selects ${found.length} kinds of pods`);
    const open = found.flatMap((each) => each.spec.containers.flatMap(({ ports = [] }) => ports.map((port) => port.name)));
    for (const { targetPort } of spec.ports ?? [])
      if (!open.includes(targetPort)) report(path, `Service ${name} leads to the port ${targetPort}, which no container has`);
  }
  const target = spec.scaleTargetRef?.name;
  if (target !== undefined && !all.some((other) => other.kind === 'Deployment' && other.metadata.name === target))
    report(path, `${kind} ${name} scales '${target}', which is not there`);
}

function checkPod(path: string, name: string, { spec }: Pod, settings: Settings, report: Report): void {
  if (spec.securityContext?.runAsNonRoot !== true || !spec.securityContext.runAsUser) report(path, `${name} may run as root`);
  for (const container of spec.containers) {
    const { image, args, ports = [], resources } = container;
    if (container.securityContext?.allowPrivilegeEscalation !== false) report(path, `${name} may gain privileges`);
    if (resources?.requests?.memory === undefined || resources.limits?.memory === undefined)
      report(path, `${name} has no memory request or limit`);
    if (image !== 'hector') {
      if (!/:\d/.test(image)) report(path, `${name} has an image without a version`);
      if (image.startsWith('redis:')) checkRedis(path, container.command, resources?.limits?.memory, report);
      continue;
    }
    checkGrace(path, name, spec.terminationGracePeriodSeconds ?? 30, settings, report);
    const isFront = parseRoles(findRoles(args)).has('front');
    if (isFront && ports.find((port) => port.name === 'http')?.containerPort !== settings.server.port)
      report(path, `${name} opens another port than server.port`);
    // Workers have no other: their probes end here.
    if (ports.find((port) => port.name === 'metrics')?.containerPort !== settings.observability.metrics.port)
      report(path, `${name} opens another port than observability.metrics.port`);
    for (const [probe, asked] of [['livenessProbe', '/health/live'] as const, ['readinessProbe', '/health/ready'] as const]) {
      const get = container[probe]?.httpGet;
      if (get?.path !== asked) report(path, `${name} has no ${probe} that asks ${asked}`);
      else if (!ports.some((port) => port.name === get.port))
        report(path, `${name}: ${probe} asks the port ${get.port}, which is not opened`);
    }
  }
}

function checkKustomization(files: Files, report: Report): void {
  const path = `${FOLDER}kubernetes/kustomization.yaml`;
  for (const [, name] of (files.get(path) ?? '').matchAll(/^(?: {2}|# {1,2})- ([\w.-]+\.yaml)$/gm))
    if (!files.has(`${FOLDER}kubernetes/${name}`)) report(path, `names ${name}, which is not there`);
}

/** DEP-02 */
function checkImage(dockerfile: string, report: Report): void {
  const path = `${FOLDER}Dockerfile`;
  const stages = dockerfile.match(/^FROM .*$/gm) ?? [];
  if (stages.length < 2) report(path, 'builds in the image that is shipped');
  for (const stage of stages) if (!/:\d+\.\d+/.test(stage)) report(path, `${stage} names no version`);
  if (!/^USER 1001/m.test(dockerfile)) report(path, 'runs as root');
  if (!/^HEALTHCHECK --interval=30s --timeout=10s --start-period=5s --retries=3/m.test(dockerfile))
    report(path, 'has no health check as DEP-02 wants it');
  if (!/^ +CMD \["hector", "health"\]$/m.test(dockerfile)) report(path, 'has a health check that knows neither the port nor TLS');
  for (const [, sources = ''] of dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm))
    for (const source of sources.split(' '))
      if (![...ALL_PATHS].some((each) => each === source || each.startsWith(`${source}/`)))
        report(path, `copies ${source}, which is not there`);
}

function checkUnit(unit: string, report: Report): void {
  const path = `${FOLDER}systemd/hector.service`;
  for (const line of [
    'User=hector',
    'Restart=on-failure',
    'RestartSec=5s',
    'EnvironmentFile=-/etc/hector/environment',
    'KillSignal=SIGTERM',
  ])
    if (!unit.split('\n').includes(line)) report(path, `has no ${line}`);
  checkGrace(path, 'the unit', Number.parseInt(/TimeoutStopSec=(\d+)/.exec(unit)?.[1] ?? '0', 10), load('{}'), report);
}

/** What drains longer than it may is killed in the middle. */
function checkGrace(path: string, name: string, graceSeconds: number, { server }: Settings, report: Report): void {
  if (graceSeconds * 1000 <= server.shutdownTimeoutMs)
    report(path, `${name} is killed after ${graceSeconds} s, and draining takes ${server.shutdownTimeoutMs} ms`);
}

function load(text: string): Settings {
  return loadSettings({ document: parseConfigText(text, 'hector.yaml').value, environment: ENVIRONMENT, workingDirectory: ROOT });
}

function findRoles(command: readonly string[] = []): string | undefined {
  return command.includes('--roles') ? command[command.indexOf('--roles') + 1] : undefined;
}

function findPod({ spec }: Manifest): Pod | undefined {
  return spec?.jobTemplate?.spec.template ?? spec?.template;
}

function selects(wanted: Labels, { metadata }: Pod): boolean {
  return Object.entries(wanted).every(([key, value]) => metadata.labels[key] === value);
}

const ALL_PATHS = new Set(readProjectFiles().keys());
const DEPLOY_FILES = readProjectFiles(/^\.dockerignore$|^config\/(deploy\/|[^/]*\.yaml$)/);

t.test('what people deploy with fits together and fits Hector (DEP-02, DEP-03, DEP-04, DEP-05, DEP-07)', async (t) => {
  t.same(findDeployProblems(DEPLOY_FILES), []);
});

t.test('each mistake in a file to deploy with is found', async (t) => {
  const change = (name: string, from: string | RegExp, to: string) => {
    const path = FOLDER + name;
    const text = DEPLOY_FILES.get(path) ?? '';
    const changed = text.replace(from, to);
    t.not(changed, text, name);
    return findDeployProblems(new Map([...DEPLOY_FILES, [path, changed]]));
  };
  t.match(change('Dockerfile', 'USER 1001:1001', ''), [/runs as root/]);
  t.match(change('Dockerfile', '"hector", "health"', '"true"'), [/knows neither the port nor TLS/]);
  t.match(change('compose/scaled.yaml', '    HECTOR_CONFIG: /app/hector.yaml\n', ''), new Array(3).fill(/reads another configuration/));
  t.match(change('compose/scaled.yaml', '--maxmemory,', '--loglevel,'), [/no --maxmemory/]);
  t.match(change('compose/scaled.yaml', 'mem_limit: 1g', 'mem_limit: 512m'), [/is killed at 512m before/]);
  t.match(change('kubernetes/redis.yaml', 'noeviction --appendonly', 'allkeys-lru --appendonly'), [/may throw away/]);
  t.match(change('kubernetes/config.yaml', 'auth:\n        enabled: true', 'auth:\n        enabled: false'), [/lets everybody in/]);
  t.match(change('kubernetes/front.yaml', 'maxReplicas: 10', 'maxReplicas: 100'), [/not scaled from 2 to 10/]);
  const ignored = (from: string, to: string) =>
    findDeployProblems(new Map([...DEPLOY_FILES, ['.dockerignore', (DEPLOY_FILES.get('.dockerignore') ?? '').replace(from, to)]]));
  t.match(ignored('**/.env\n', ''), [/lets config\/\.env into/]);
  t.match(ignored('!workers\n', ''), [/keeps workers\//, /keeps workers\//, /keeps workers\//]);
  t.match(change('Dockerfile', 'COPY bench ./bench', 'COPY benches ./benches'), [/copies benches/]);
  t.match(change('compose/scaled.yaml', '"ingest,keeper"', '"ingest,keper"'), [/did you mean 'keeper'/]);
  t.match(change('compose/scaled.yaml', '../../scaled.yaml', '../../scale.yaml'), [/is not there/]);
  t.match(change('compose/single.yaml', '40s', '20s'), [/killed after 20 s/]);
  t.match(change('compose/single.yaml', '127.0.0.1:8080:8080', '8080:8080'), [/open to everybody/]);
  t.match(change('kubernetes/front.yaml', 'containerPort: 8080', 'containerPort: 8081'), [/another port than server.port/]);
  t.match(change('kubernetes/config.yaml', 'port: 9464', 'port: 9465'), new Array(3).fill(/another port than observability.metrics.port/));
  t.match(change('kubernetes/front.yaml', 'terminationGracePeriodSeconds: 60', 'terminationGracePeriodSeconds: 45'), [/killed after 45 s/]);
  t.match(change('kubernetes/agent.yaml', '/health/ready', '/ready'), [/no readinessProbe/]);
  t.match(change('kubernetes/config.yaml', 'trust_proxy: true', 'trust_proxy: false'), [/takes all callers behind the Ingress for one/]);
  t.match(change('kubernetes/config.yaml', 'driver: postgres', 'driver: postgre'), [/configuration is invalid/]);
  t.match(change('kubernetes/keda.yaml', 'name: agent }', 'name: agents }'), [/scales 'agents'/]);
  t.match(change('kubernetes/redis.yaml', 'image: redis:7.4-alpine', 'image: redis'), [/without a version/]);
  t.match(change('kubernetes/postgres.yaml', 'runAsNonRoot: true', 'runAsNonRoot: false'), [/may run as root/]);
  t.match(change('kubernetes/kustomization.yaml', 'keeper.yaml', 'keepers.yaml'), [/is not there/]);
  t.match(change('systemd/hector.service', 'User=hector\n', ''), [/no User=hector/]);
});
