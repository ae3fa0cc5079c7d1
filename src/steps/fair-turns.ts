/**
 * Whose turn it is when many step jobs wait: owners are served in turn, and so are tenants, however many jobs one of them has.
 *
 * A job's place is a number, and BullMQ takes the lowest first, equal ones in the order of their coming. An owner's next job gets a number
 * above that of its last one, and never below the number that is being served: who has waited for nothing yet stands with those whose
 * turn is now. The step from one job to the next grows with the number of the tenant's owners that have jobs ahead, so that a tenant with a
 * thousand users gets no more turns than one with a single user.
 *
 * Owns: the last number of each owner, in Redis beside the queue; a new set of them whenever the queue was short. Does not own: the jobs. When
 * the numbers are lost, the order is unfair for a moment and nothing else. Numbers end at BullMQ's largest: after millions of jobs without a
 * moment in which all numbered ones were taken, those behind are served in the order of their coming.
 */
import type { ConnectionOptions } from 'bullmq';
import { tenantOfOwner } from '../tasks/owner-scope.js';

export interface FairTurnsOptions {
  readonly connection: ConnectionOptions;
  /** Of the queue, as BullMQ forms it. */
  readonly toKey: (name: string) => string;
}

/** `undefined`: the job is there already. 0: first come, first served. */
export type Turn = number | undefined;

export class FairTurns {
  readonly #client: ScriptClient;
  readonly #toKey: (name: string) => string;

  constructor({ connection, toKey }: FairTurnsOptions) {
    this.#client = connection as unknown as ScriptClient;
    this.#toKey = toKey;
  }

  /**
   * @param underWay how many more this process is about to add.
   * @throws while Redis is away.
   */
  async next(jobId: string, owner: string, underWay: number): Promise<Turn> {
    const tenant = tenantOfOwner(owner);
    const group = tenant === '' ? `o ${owner}` : `t ${tenant}`;
    const toKey = this.#toKey;
    const keys = [toKey('prioritized'), toKey('wait'), toKey('turns'), toKey(jobId)];
    const short = Math.max(0, FAIR_FROM - underWay);
    const turn = Number(await this.#client.eval(NEXT, keys.length, ...keys, toKey(''), group, owner, short, JOBS_PER_TURN, LAST_TURN));
    return turn < 0 ? undefined : turn;
  }
}

/** Of the client, all that is used here. */
interface ScriptClient {
  eval(script: string, keys: number, ...args: readonly (string | number)[]): Promise<unknown>;
}

/** Waiting jobs below which turns make no difference that anybody notices. */
export const FAIR_FROM = 32;
/** Of one owner, before another one's turn comes. */
const JOBS_PER_TURN = 4;
/** BullMQ's largest priority. */
const LAST_TURN = 2_097_151;

/**
 * KEYS: the numbered jobs, the others that wait, a hash with the current set of numbers, the job. ARGV: prefix of the queue's keys, tenant or owner,
 * owner, how many may wait without numbers, JOBS_PER_TURN, LAST_TURN. The numbers of a set stand in one sorted set per tenant, which goes when nobody added for an hour.
 */
const NEXT = `if redis.call('EXISTS', KEYS[4]) == 1 then return -1 end
local head = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
if not head and redis.call('LLEN', KEYS[2]) < tonumber(ARGV[4]) then
  if redis.call('HGET', KEYS[3], 'used') == '1' then
    redis.call('HINCRBY', KEYS[3], 'set', 1)
    redis.call('HSET', KEYS[3], 'used', '0')
  end
  return 0
end
redis.call('HSET', KEYS[3], 'used', '1')
local last = tonumber(ARGV[6])
local perTurn = tonumber(ARGV[5])
local served = 0
if head then served = math.max(0, (tonumber(redis.call('HGET', ARGV[1] .. head, 'priority')) or 1) - 1) * perTurn end
local key = KEYS[3] .. ':' .. (redis.call('HGET', KEYS[3], 'set') or '0') .. ':' .. ARGV[2]
local own = tonumber(redis.call('ZSCORE', key, ARGV[3])) or 0
local ahead = redis.call('ZCOUNT', key, '(' .. string.format('%.0f', served), '+inf')
if own > served then ahead = ahead - 1 end
local number = math.max(own, served) + 1 + ahead
redis.call('ZADD', key, string.format('%.0f', number), ARGV[3])
redis.call('PEXPIRE', key, 3600000)
return math.min(last, 1 + math.floor((number - 1) / perTurn))`;
