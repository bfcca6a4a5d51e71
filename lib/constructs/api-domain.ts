import { ApiMapping, DomainName, type IApi, type IStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate, CertificateValidation, type ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';
import { addNameRecordOutput } from './name-record.ts';

interface ApiDomainProps {
  readonly domains: NonNullable<StageConfig['domains']>;
  readonly name: string;
  readonly api: IApi;
  readonly stage: IStage;
}

/** A custom domain of an API, with its certificate and its DNS record; without a hosted zone, an output names the record. */
export class ApiDomain extends Construct {
  constructor(scope: Construct, id: string, { domains, name, api, stage }: ApiDomainProps) {
    super(scope, id);
    const { hostedZone, certificateArn } = domains;
    const zone =
      hostedZone &&
      HostedZone.fromHostedZoneAttributes(this, 'Zone', {
        hostedZoneId: hostedZone.id,
        zoneName: hostedZone.name,
      });
    const certificate: ICertificate =
      certificateArn === undefined
        ? new Certificate(this, 'Certificate', {
            domainName: name,
            validation: CertificateValidation.fromDns(zone),
          })
        : Certificate.fromCertificateArn(this, 'Certificate', certificateArn);

    const domain = new DomainName(this, 'Name', { domainName: name, certificate });
    new ApiMapping(this, 'Mapping', { api, stage, domainName: domain });
    if (zone === undefined) {
      addNameRecordOutput(this, name, domain.regionalDomainName);
    } else {
      new ARecord(this, 'Record', {
        zone,
        recordName: `${name}.`,
        target: RecordTarget.fromAlias(
          new ApiGatewayv2DomainProperties(domain.regionalDomainName, domain.regionalHostedZoneId),
        ),
      });
    }
  }
}
