/** Errors as gRPC sends them: a status, its message, and `google.rpc.Status` in `grpc-status-details-bin` (E5, 10.6). */
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { Metadata, status } from '@grpc/grpc-js';
import type { ErrorDetail, WireError } from '../a2a/errors.js';
import type { FieldProblem } from '../base/errors.js';

export interface GrpcFailure {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** @param headers are sent along, as an error answer has no other place for them. */
export function toGrpcFailure(error: WireError, headers: Readonly<Record<string, string>>): GrpcFailure {
  const code = status[error.grpcStatus];
  // Lone surrogates would make the library's own encoding throw.
  const message = Buffer.from(error.message.slice(0, MAX_MESSAGE_LENGTH)).toString();
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  for (const [name, value] of Object.entries(error.limits)) metadata.set(name, value);
  if (error.challenge !== undefined) metadata.set('www-authenticate', error.challenge);
  metadata.set('grpc-status-details-bin', encodeStatus(code, message, error.details));
  return { code, details: message, metadata };
}

function encodeStatus(code: number, message: string, details: readonly ErrorDetail[]): Buffer {
  const writer = new BinaryWriter().uint32(tag(1, VARINT)).int32(code).uint32(tag(2, BYTES)).string(message);
  for (const detail of details) {
    writer.uint32(tag(3, BYTES)).fork();
    writer.uint32(tag(1, BYTES)).string(detail['@type']).uint32(tag(2, BYTES)).bytes(encodeDetail(detail));
    writer.join();
  }
  return Buffer.from(writer.finish());
}

function encodeDetail(detail: ErrorDetail): Uint8Array {
  switch (detail['@type']) {
    case 'type.googleapis.com/google.rpc.ErrorInfo': {
      const writer = new BinaryWriter().uint32(tag(1, BYTES)).string(detail.reason).uint32(tag(2, BYTES)).string(detail.domain);
      for (const [key, value] of Object.entries(detail.metadata ?? {})) writePair(writer, 3, key, value);
      return writer.finish();
    }
    case 'type.googleapis.com/google.rpc.BadRequest': {
      const writer = new BinaryWriter();
      for (const { field, description } of thatFit(detail.fieldViolations)) writePair(writer, 1, field, description);
      return writer.finish();
    }
    case 'type.googleapis.com/google.rpc.QuotaFailure': {
      const writer = new BinaryWriter();
      for (const { subject, description } of detail.violations) writePair(writer, 1, subject, description);
      return writer.finish();
    }
    case 'type.googleapis.com/google.rpc.RetryInfo': {
      const delayMs = Math.round(Number.parseFloat(detail.retryDelay) * 1000);
      const writer = new BinaryWriter().uint32(tag(1, BYTES)).fork();
      writer
        .uint32(tag(1, VARINT))
        .int64(Math.floor(delayMs / 1000))
        .uint32(tag(2, VARINT))
        .int32((delayMs % 1000) * 1_000_000);
      return writer.join().finish();
    }
  }
}

/** A nested message of two strings: a map entry, or a field violation. */
function writePair(writer: BinaryWriter, field: number, first: string, second: string): void {
  writer.uint32(tag(field, BYTES)).fork();
  writer.uint32(tag(1, BYTES)).string(first).uint32(tag(2, BYTES)).string(second).join();
}

/** Trailers are headers, and clients take about 8 KiB of them: what does not fit stays out, the message tells how many there are. */
function thatFit(problems: readonly FieldProblem[]): readonly FieldProblem[] {
  let bytes = 0;
  return problems.filter(({ field, description }) => {
    bytes += Buffer.byteLength(field) + Buffer.byteLength(description);
    return bytes <= MAX_PROBLEM_BYTES;
  });
}

function tag(field: number, wireType: number): number {
  return field * 8 + wireType;
}

const VARINT = 0;
const BYTES = 2;
const MAX_MESSAGE_LENGTH = 1000;
const MAX_PROBLEM_BYTES = 3000;
