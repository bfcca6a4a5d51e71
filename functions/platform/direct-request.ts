import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  getEndpointFromInstructions,
  type EndpointParameterInstructionsSupplier,
} from '@smithy/core/endpoints';
import type { HttpRequest, RequestSigner } from '@smithy/types';

/** What of an AWS SDK client a direct request goes by. */
interface SdkClient {
  readonly config: {
    signer(): Promise<RequestSigner>;
    readonly requestHandler: {
      handle(request: HttpRequest): Promise<{
        readonly response: { readonly statusCode: number; readonly body?: unknown };
      }>;
    };
  };
}

/** A `POST` as the AWS service wants it; the path is escaped, and below the service's endpoint. */
export interface DirectRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface DirectAnswer {
  readonly status: number;
  /** To be read, or let run off by `resume`: until then it keeps its connection. */
  readonly body: Readable;
}

/**
 * Sends requests by an SDK client's own endpoint, signer, connections and time limits, but past its middleware, which
 * is two thirds of what a small request costs. One attempt: what is not answered as hoped, the SDK is to ask again.
 * See decision 16.
 *
 * @param command one of the client's, for its rules of where the service is
 * @returns a function that throws what Node says of a connection that broke, or `TimeoutError`
 */
export const directlyBy = (
  client: SdkClient,
  command: EndpointParameterInstructionsSupplier,
): ((request: DirectRequest) => Promise<DirectAnswer>) => {
  const open = async () => {
    const { url } = await getEndpointFromInstructions({}, command, client.config);
    const { protocol, hostname, host, port, pathname } = url;
    return {
      // One for all requests; it asks for credentials anew when they have run out.
      signer: await client.config.signer(),
      address: { method: 'POST', protocol, hostname, ...(port === '' ? {} : { port: Number(port) }) },
      host,
      base: pathname.replace(/\/$/, ''),
    };
  };
  let opening: ReturnType<typeof open> | undefined;

  return async ({ path, headers, body }) => {
    const { signer, address, host, base } = await (opening ??= open());
    const bytes = Buffer.from(body);
    const request = await signer.sign({
      ...address,
      path: base + path,
      headers: { host, 'content-length': String(bytes.length), ...headers },
      body: bytes,
    });
    const { response } = await client.config.requestHandler.handle(request);
    // The handler is Node's.
    return { status: response.statusCode, body: response.body as Readable };
  };
};

/** Waits before the SDK's own attempt, as long as it waits itself before it asks again: a random part of 100 ms. */
export const backOff = (): Promise<void> => sleep(Math.random() * 100);
