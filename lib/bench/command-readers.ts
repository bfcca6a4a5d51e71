/** Parses the commands in a client's byte stream to a store. @returns the commands that are complete with this chunk */
export type CommandReader = (chunk: Buffer) => string[];

/** Splits a byte stream into packets that begin with their length. */
const packets = (headerBytes: number, lengthOf: (header: Buffer) => number) => {
  let held: Buffer = Buffer.alloc(0);
  return (chunk: Buffer): Buffer[] => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const whole: Buffer[] = [];
    while (held.length >= headerBytes && held.length >= lengthOf(held)) {
      const length = lengthOf(held);
      whole.push(held.subarray(0, length));
      held = held.subarray(length);
    }
    return whole;
  };
};

/**
 * MySQL's commands that get a response and do work: COM_QUERY, COM_STMT_PREPARE, COM_STMT_EXECUTE. A command starts a
 * new sequence, so its packet has the number 0.
 *
 * @see https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html
 */
export const mysqlCommands = (): CommandReader => {
  const split = packets(4, (header) => 4 + header.readUIntLE(0, 3));
  const working = new Set([0x03, 0x16, 0x17]);
  return (chunk) =>
    split(chunk)
      .filter((packet) => packet[3] === 0 && working.has(packet[4] ?? 0))
      .map((packet) => packet.toString('utf8', 5).replaceAll(/\s+/g, ' '));
};

/** Commands that the driver sends by itself to monitor the server. */
const housekeeping = new Set(['hello', 'isMaster', 'ismaster', 'ping', 'endSessions', 'buildInfo']);

const OP_MSG = 2013;

/**
 * MongoDB's commands: the OP_MSG requests, named by the first field of their document.
 *
 * @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
export const mongodbCommands = (): CommandReader => {
  const split = packets(16, (header) => header.readInt32LE(0));
  // The sum of: header, flags, kind of the section, length of the document, and type of its first field.
  const nameAt = 16 + 4 + 1 + 4 + 1;
  return (chunk) =>
    split(chunk)
      .filter((packet) => packet.readInt32LE(12) === OP_MSG && packet[20] === 0)
      .map((packet) => packet.toString('utf8', nameAt, packet.indexOf(0, nameAt)))
      .filter((name) => !housekeeping.has(name));
};

/**
 * DynamoDB's requests, which name the operation in a header. Works for consecutive requests on one HTTP/1.1 connection.
 */
export const dynamodbCommands = (): CommandReader => (chunk) =>
  [...chunk.toString('latin1').matchAll(/^x-amz-target: \w+\.(\w+)\r$/gim)].map(([, name]) => name ?? '');
