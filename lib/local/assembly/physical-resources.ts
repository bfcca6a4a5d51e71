import { createHash } from 'node:crypto';
import type { Resource } from './assembly.ts';
import type { PhysicalResource, ResolverOptions } from './resolver.ts';

type Names = Pick<ResolverOptions, 'account' | 'region' | 'partition' | 'urlSuffix'>;

/** An id in API Gateway's format, derived from the resource, so that it is the same on every start. */
const idOf = (resource: Resource, length: number): string =>
  BigInt(`0x${createHash('sha256').update(`${resource.stack}/${resource.logicalId}`).digest('hex')}`)
    .toString(36)
    .slice(0, length);

/**
 * The physical names of the local cloud's resources, in the formats that AWS documents for each type. Resources of
 * other types get names derived from their own: nothing in the local cloud uses them.
 *
 * @param overrides attributes that are known only once a store runs, by resource type
 */
export const physicalResources =
  (
    names: Names,
    overrides: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
  ): ResolverOptions['physical'] =>
  (resource, resolve): PhysicalResource => {
    const arn = (service: string, name: string): string =>
      `arn:${names.partition}:${service}:${names.region}:${names.account}:${name}`;
    const fallback = `${resource.stack}-${resource.logicalId}`;
    const named = (property: string): string => {
      const value = resolve(resource.properties[property]);
      return typeof value === 'string' ? value : fallback;
    };

    switch (resource.type) {
      case 'AWS::Lambda::Function': {
        const name = named('FunctionName');
        return { ref: name, attributes: { Arn: arn('lambda', `function:${name}`) } };
      }
      case 'AWS::DynamoDB::Table':
      case 'AWS::DynamoDB::GlobalTable': {
        const name = named('TableName');
        return {
          ref: name,
          attributes: { Arn: arn('dynamodb', `table/${name}`), TableId: idOf(resource, 32) },
        };
      }
      case 'AWS::SQS::Queue': {
        const name = named('QueueName');
        return {
          ref: `https://sqs.${names.region}.${names.urlSuffix}/${names.account}/${name}`,
          attributes: { Arn: arn('sqs', name), QueueName: name },
        };
      }
      case 'AWS::SecretsManager::Secret':
        return { ref: arn('secretsmanager', `secret:${named('Name')}-${idOf(resource, 6)}`), attributes: {} };
      case 'AWS::SecretsManager::SecretTargetAttachment':
        return { ref: String(resolve(resource.properties['SecretId'])), attributes: {} };
      case 'AWS::ApiGatewayV2::Api': {
        const id = idOf(resource, 10);
        const endpoint = `https://${id}.execute-api.${names.region}.${names.urlSuffix}`;
        return { ref: id, attributes: { ApiId: id, ApiEndpoint: endpoint } };
      }
      case 'AWS::ApiGatewayV2::Stage':
        return { ref: named('StageName'), attributes: {} };
      case 'AWS::ApiGatewayV2::Authorizer':
        return { ref: idOf(resource, 6), attributes: { AuthorizerId: idOf(resource, 6) } };
      case 'AWS::ApiGatewayV2::Integration':
      case 'AWS::ApiGatewayV2::Route':
        return { ref: idOf(resource, 7), attributes: {} };
      case 'AWS::S3::Bucket': {
        const name = fallback.toLowerCase();
        return {
          ref: name,
          attributes: {
            Arn: `arn:${names.partition}:s3:::${name}`,
            RegionalDomainName: `${name}.s3.${names.region}.${names.urlSuffix}`,
          },
        };
      }
      case 'AWS::CloudFront::Function': {
        const name = arn('cloudfront', `function/${named('Name')}`);
        return { ref: name, attributes: { FunctionARN: name } };
      }
      case 'AWS::CloudFront::Distribution': {
        const id = `E${idOf(resource, 13).toUpperCase()}`;
        return { ref: id, attributes: { Id: id, DomainName: `d${idOf(resource, 13)}.cloudfront.net` } };
      }
      case 'AWS::CloudFront::PublicKey':
        return { ref: `K${idOf(resource, 13).toUpperCase()}`, attributes: {} };
      case 'AWS::CloudFront::OriginAccessControl':
        return { ref: fallback, attributes: { Id: fallback } };
      default:
        return {
          ref: fallback,
          attributes: {
            Arn: arn('local', fallback),
            GroupId: `sg-${idOf(resource, 17)}`,
            VpcId: `vpc-${idOf(resource, 17)}`,
            ...overrides[resource.type],
          },
        };
    }
  };
