import { DecodeAnswer, type DecodeRequest } from '../contract/image-decoding.ts';
import { awsPlace, environmentOf, type AwsPlace } from '../platform/environment.ts';
import { StoreUnavailableError } from '../platform/store-unavailable.ts';
import { lambdaFunction } from './lambda-service.ts';

/** Decodes images that strangers uploaded, somewhere else. */
export interface ImageDecoder {
  /** @throws StoreUnavailableError when the decoder does not answer: trying again may help */
  decode(request: DecodeRequest): Promise<DecodeAnswer>;
}

/** The decoder has 10 s for an image; the rest is for its cold start. */
const TIMEOUT_MS = 12_000;

/** Lambda's names for a function that ran out of its memory, crashed, or ran out of its time. */
const TAKEN_DOWN: ReadonlySet<string> = new Set([
  'Runtime.OutOfMemory',
  'Runtime.ExitError',
  'Sandbox.Timedout',
]);

/**
 * The decoder as a function that is invoked by its name.
 *
 * @param endpoint Lambda's address, where it is not AWS's
 */
export const createImageDecoder = (functionName: string, place: AwsPlace): ImageDecoder => {
  const invokeDecoder = lambdaFunction({ functionName, ...place, answerTimeoutMs: TIMEOUT_MS });

  const invoke = async (request: DecodeRequest): Promise<unknown> => {
    const response = await invokeDecoder(request);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`Lambda answered ${response.status}`);
    if (response.header('x-amz-function-error') !== undefined) {
      // An image that takes the decoder down takes nothing else with it, and is refused. Other errors, such as that of a
      // storage that does not answer, are not the image's.
      const { errorType = '', errorMessage = '' } = JSON.parse(text) as Readonly<Record<string, string>>;
      if (TAKEN_DOWN.has(errorType) || errorMessage.includes('Task timed out')) return { outcome: 'refused' };
      throw new Error(`The decoder failed: ${errorType}`);
    }
    return JSON.parse(text);
  };

  return {
    decode: async (request) => {
      let answer: unknown;
      try {
        answer = await invoke(request);
      } catch (error) {
        throw new StoreUnavailableError('lambda', error);
      }
      return DecodeAnswer.parse(answer);
    },
  };
};

let decoder: ImageDecoder | undefined;

/** The image decoder of this stage. */
export const imageDecoder = (): ImageDecoder =>
  (decoder ??= createImageDecoder(environmentOf('image-decoder').IMAGE_DECODER_FUNCTION, awsPlace('LAMBDA')));
