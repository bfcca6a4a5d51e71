import type * as z from 'zod';
import { errorCatalogue, STORE_RETRY_SECONDS } from '../contract/errors.ts';
import type { ErrorBody } from '../contract/schemas.ts';
import { ServiceError, type InputIssue } from '../contract/service-error.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { StoreUnavailableError } from '../platform/store-unavailable.ts';

/** The issues that zod found in an input, each with its path. */
export const toIssues = (error: z.core.$ZodError): InputIssue[] =>
  error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));

const toServiceError = (error: unknown): ServiceError => {
  if (error instanceof ServiceError) return error;
  if (error instanceof StoreUnavailableError) {
    logger.error('A store does not answer', { store: error.store, error: loggedError(error) });
    return new ServiceError('store_unavailable', { retryAfter: STORE_RETRY_SECONDS });
  }
  logger.error('Unexpected error', { error: loggedError(error) });
  return new ServiceError('internal_error');
};

/** The response body for an error. An unexpected error is logged, and becomes a 500 without details. */
export const toErrorBody = (error: unknown): ErrorBody => {
  const { error: name, code, message, issues, retryAfter, userIds } = toServiceError(error);
  const { status } = errorCatalogue[name];
  return {
    detail: message,
    status_code: status,
    code,
    // Every 422 has a path; an empty one means the whole input.
    ...(status === 422 ? { errors: [...(issues ?? [{ path: '', message }])] } : {}),
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
    ...(userIds === undefined ? {} : { user_ids: [...userIds] }),
  };
};
