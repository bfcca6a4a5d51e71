import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { closeNow, listen } from './listening.ts';
import { accessKeyOf, isAllowed, refusalOf, type Principals } from './iam/role-policies.ts';

/** A mail in the form in which it is stored in the folder of mails. */
export interface StoredMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly from: string;
}

export interface LocalMailService {
  /** The value for `AWS_ENDPOINT_URL_SESV2`. */
  readonly url: string;
  stop(): Promise<void>;
}

class SesError extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

/**
 * Amazon SES for one machine: `SendEmail` of API v2, which writes each mail to a file in a folder instead of sending
 * it. The file names sort by time. A file appears atomically: it is written under another name first.
 *
 * @throws Error when the folder cannot be created
 */
export const startMailService = async (options: {
  readonly directory: string;
  readonly host: string;
  readonly region: string;
  readonly account: string;
  /** The functions whose requests are checked; any other caller is refused. */
  readonly principals: Principals;
}): Promise<LocalMailService> => {
  const { directory, principals } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  let count = 0;

  const store = async (id: string, mail: StoredMail): Promise<void> => {
    count += 1;
    const time = new Date().toISOString().replaceAll(/[:.]/g, '-');
    const name = `${time}-${String(count).padStart(6, '0')}-${id.slice(0, 8)}`;
    const unfinished = join(directory, `.${name}.part`);
    try {
      await writeFile(unfinished, JSON.stringify(mail, null, 2), { mode: 0o600 });
      await rename(unfinished, join(directory, `${name}.json`));
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  };

  const arnOf = (resource: string): string => `arn:aws:ses:${options.region}:${options.account}:${resource}`;

  /**
   * @throws SesError when the function that signed the request may not send from this address with this configuration
   *   set
   */
  const assertAllowed = (authorization: string | undefined, from: string, configurationSet: string): void => {
    const principal = principals.get(accessKeyOf(authorization) ?? '');
    if (principal === undefined) {
      throw new SesError(403, 'UnrecognizedClientException', 'The security token included is invalid.');
    }
    const domain = from.slice(from.lastIndexOf('@') + 1);
    for (const resource of [`identity/${domain}`, `configuration-set/${configurationSet}`]) {
      const access = {
        action: 'ses:SendEmail',
        resource: arnOf(resource),
        context: { 'ses:FromAddress': from },
      };
      if (!isAllowed(principal.statements, access)) {
        throw new SesError(403, 'AccessDeniedException', refusalOf(principal, access));
      }
    }
  };

  const send = async (body: string, authorization: string | undefined): Promise<object> => {
    let input: unknown;
    try {
      input = JSON.parse(body);
    } catch {
      throw new SesError(400, 'SerializationException', 'The body is no JSON');
    }
    // Imported with the first mail, since starting does not need zod.
    const { readSendEmail } = await import('./ses-request.ts');
    const read = readSendEmail(input);
    if ('wrong' in read) throw new SesError(400, 'BadRequestException', read.wrong);
    const { FromEmailAddress: from, Destination, Content: content, ConfigurationSetName } = read.request;
    assertAllowed(authorization, from, ConfigurationSetName);
    const { Subject, Body } = content.Simple;
    const id = randomUUID();
    await store(id, {
      to: Destination.ToAddresses[0],
      subject: Subject.Data,
      text: Body.Text.Data,
      html: Body.Html.Data,
      from,
    });
    return { MessageId: id };
  };

  const server = createServer((request, response) => {
    const answer = (status: number, body: object, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    };
    const handle = async (): Promise<void> => {
      try {
        const body = await text(request);
        if (request.method !== 'POST' || request.url !== '/v2/email/outbound-emails') {
          throw new SesError(404, 'NotFoundException', 'The local cloud has only SendEmail of SES');
        }
        answer(200, await send(body, request.headers.authorization));
      } catch (error) {
        const { status, type, message } =
          error instanceof SesError
            ? error
            : new SesError(500, 'InternalServiceErrorException', String(error));
        answer(status, { message }, { 'x-amzn-errortype': type });
      }
    };
    void handle();
  });
  const port = await listen(server, 0, options.host);
  return { url: `http://${options.host}:${port}`, stop: () => closeNow(server) };
};
