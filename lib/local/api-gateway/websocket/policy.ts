import { asList, matchesAny } from '../../iam/pattern.ts';

/**
 * Whether an authorizer's policy allows a request: a matching Deny wins, and without a matching Allow the request is
 * denied. Conditions are not evaluated. `undefined` when the document is not a policy.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export const policyAllows = (policyDocument: unknown, arn: string): boolean | undefined => {
  if (typeof policyDocument !== 'object' || policyDocument === null) return undefined;
  if (!('Statement' in policyDocument)) return undefined;
  let allowed = false;
  for (const statement of asList(policyDocument.Statement)) {
    if (typeof statement !== 'object' || statement === null) return undefined;
    const effect: unknown = Reflect.get(statement, 'Effect');
    const applies =
      matchesAny(Reflect.get(statement, 'Action'), 'execute-api:Invoke', 'i') &&
      matchesAny(Reflect.get(statement, 'Resource'), arn, '');
    if (!applies) continue;
    if (effect === 'Deny') return false;
    if (effect === 'Allow') allowed = true;
  }
  return allowed;
};
