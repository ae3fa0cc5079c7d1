/** The part of OTLP's protobuf that carries spans, read as the specification lays it out (opentelemetry-proto 1.x, trace.proto). */
import { BinaryReader } from '@bufbuild/protobuf/wire';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '' = none. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  /** Of the process. */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** `ExportTraceServiceRequest`. */
export function decodeTraceRequest(bytes: Uint8Array): ReceivedSpan[] {
  return fields(bytes).flatMap(({ field, value }) => (field === 1 ? decodeResourceSpans(value as Uint8Array) : []));
}

function decodeResourceSpans(bytes: Uint8Array): ReceivedSpan[] {
  const members = fields(bytes);
  const resource = members.flatMap(({ field, value }) => (field === 1 ? attributesOf(value as Uint8Array, 1) : []));
  return members.flatMap(({ field, value }) =>
    field === 2
      ? fields(value as Uint8Array).flatMap((scope) =>
          scope.field === 2 ? [decodeSpan(scope.value as Uint8Array, Object.fromEntries(resource))] : [],
        )
      : [],
  );
}

function decodeSpan(bytes: Uint8Array, resource: Readonly<Record<string, unknown>>): ReceivedSpan {
  const members = fields(bytes);
  const get = (wanted: number) => members.find(({ field }) => field === wanted)?.value;
  const hex = (value: unknown) => Buffer.from((value as Uint8Array | undefined) ?? []).toString('hex');
  const status = fields((get(15) as Uint8Array | undefined) ?? new Uint8Array()).find(({ field }) => field === 3)?.value;
  return {
    traceId: hex(get(1)),
    spanId: hex(get(2)),
    parentSpanId: hex(get(4)),
    name: Buffer.from(get(5) as Uint8Array).toString(),
    startNs: get(7) as bigint,
    endNs: get(8) as bigint,
    attributes: Object.fromEntries(attributesOf(bytes, 9)),
    status: Number(status ?? 0),
    resource,
  };
}

function attributesOf(bytes: Uint8Array, wanted: number): [string, unknown][] {
  return fields(bytes).flatMap(({ field, value }): [string, unknown][] => {
    if (field !== wanted) return [];
    const pair = fields(value as Uint8Array);
    const key = Buffer.from(pair.find((member) => member.field === 1)?.value as Uint8Array).toString();
    return [[key, anyValue(pair.find((member) => member.field === 2)?.value as Uint8Array)]];
  });
}

function anyValue(bytes: Uint8Array | undefined): unknown {
  const [member] = fields(bytes ?? new Uint8Array());
  switch (member?.field) {
    case 1:
      return Buffer.from(member.value as Uint8Array).toString();
    case 2:
      return member.value === 1n;
    case 3:
      return Number(BigInt.asIntN(64, member.value as bigint));
    case 4:
      return Buffer.from(new BigUint64Array([member.value as bigint]).buffer).readDoubleLE();
    case 5:
      return fields(member.value as Uint8Array).map(({ value }) => anyValue(value as Uint8Array));
    default:
      return undefined;
  }
}

interface Field {
  readonly field: number;
  readonly value: bigint | Uint8Array;
}

function fields(bytes: Uint8Array): Field[] {
  const reader = new BinaryReader(bytes);
  const members: Field[] = [];
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === 0) members.push({ field, value: BigInt(reader.uint64()) });
    else if (type === 1) members.push({ field, value: BigInt(reader.fixed64()) });
    else if (type === 5) members.push({ field, value: BigInt(reader.fixed32()) });
    else members.push({ field, value: reader.bytes() });
  }
  return members;
}
