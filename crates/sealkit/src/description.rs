//! The description of tasks as JSON: all public types serialize as the model that the `sealkit` command reads.

use sealkit_protocol::description::{self as model, Task};
use serde::{Serialize, Serializer};

use crate::{
    AllowedPlace, AllowedSecret, Automation, Cache, EnumType, Interface, Resources, Schedule, Secret,
    StructType, TaskKind, TaskMetadata, Type, Variable,
};

macro_rules! serialize_as_model {
    ($($type:ty as $model:ty),* $(,)?) => {
        $(impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$model>::from(*self).serialize(serializer)
            }
        })*
    };
}

serialize_as_model!(
    TaskMetadata as Task,
    TaskKind as model::TaskKind,
    Secret as model::SecretRequest,
    Interface as model::Interface,
    Variable as model::Variable,
    Type as model::Type,
    AllowedSecret as model::AllowedSecret,
    AllowedPlace as model::AllowedPlace,
    Resources as model::Resources,
);

impl From<TaskMetadata> for Task {
    fn from(task: TaskMetadata) -> Self {
        Self {
            name: task.name().to_owned(),
            module: task.module().to_owned(),
            kind: task.kind().into(),
            docs: task.docs().to_owned(),
            secret_requests: task.secret_requests().iter().map(|secret| (*secret).into()).collect(),
            interface: (*task.interface()).into(),
            allowed_secrets: task.allowed_secrets().iter().map(|allowed| (*allowed).into()).collect(),
            calls: task.calls().map(|calls| calls.map(|task| task.name().to_owned()).collect()),
            retries: task.retries(),
            backoff: task.backoff().map(|backoff| model::Backoff {
                base: backoff.base,
                factor: backoff.factor,
                cap: backoff.cap,
            }),
            timeout: task.timeout(),
            max_queued_time: task.max_queued_time(),
            deadline: task.deadline(),
            resources: task.resources().into(),
            environment: task.environment().map(|environment| environment.name().to_owned()),
            env: task.env().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            service_account: task.service_account().map(str::to_owned),
            interruptible: task.interruptible(),
            cache: task.cache().map(Into::into),
            deployed: task.deployed().map(str::to_owned),
            schedules: task.schedules().iter().map(|schedule| (*schedule).into()).collect(),
        }
    }
}

impl From<Cache> for model::Cache {
    fn from(cache: Cache) -> Self {
        Self {
            version: cache.version.map(str::to_owned),
            ignored_inputs: cache.ignored_inputs.iter().map(|name| (*name).to_owned()).collect(),
            salt: cache.salt.to_owned(),
            max_age: cache.max_age,
            serialize: cache.serialize,
        }
    }
}

impl From<Schedule> for model::Schedule {
    fn from(Schedule { name, active, trigger_time_input, automation }: Schedule) -> Self {
        let automation = match automation {
            Automation::Cron { expression, timezone } => model::Automation::Cron {
                expression: expression.to_owned(),
                timezone: timezone.map(str::to_owned),
            },
            Automation::FixedRate { minutes, start } => model::Automation::FixedRate { minutes, start },
        };
        Self {
            name: name.to_owned(),
            active,
            trigger_time_input: trigger_time_input.map(str::to_owned),
            automation,
        }
    }
}

impl From<TaskKind> for model::TaskKind {
    fn from(kind: TaskKind) -> Self {
        match kind {
            TaskKind::Task => Self::Task,
            TaskKind::Workflow => Self::Workflow,
        }
    }
}

impl From<Secret> for model::SecretRequest {
    fn from(secret: Secret) -> Self {
        Self::new(secret.request(), secret.guard_mode())
    }
}

impl From<Interface> for model::Interface {
    fn from(interface: Interface) -> Self {
        let variables =
            |variables: &[Variable]| variables.iter().map(|variable| (*variable).into()).collect();
        Self { inputs: variables(interface.inputs), outputs: variables(interface.outputs) }
    }
}

impl From<Variable> for model::Variable {
    fn from(variable: Variable) -> Self {
        let default = variable.default_value().and_then(Result::ok);
        Self {
            name: variable.name.to_owned(),
            r#type: variable.r#type.into(),
            docs: variable.docs.to_owned(),
            default: default.and_then(|default| serde_json::to_value(default).ok()),
        }
    }
}

impl From<Type> for model::Type {
    fn from(r#type: Type) -> Self {
        let boxed = |inner: &Type| Box::new(Self::from(*inner));
        match r#type {
            Type::None => Self::None,
            Type::Integer => Self::Integer,
            Type::Float => Self::Float,
            Type::Boolean => Self::Boolean,
            Type::String => Self::String,
            Type::Datetime => Self::Datetime,
            Type::Date => Self::Date,
            Type::Duration => Self::Duration,
            Type::Object => Self::Object,
            Type::File(_) => Self::File,
            Type::Dir(_) => Self::Dir,
            Type::List(inner) => Self::List(boxed(inner)),
            Type::Map(inner) => Self::Map(boxed(inner)),
            Type::Optional(inner) => Self::Optional(boxed(inner)),
            Type::Enum(EnumType { name, variants }) => Self::Enum {
                name: (*name).to_owned(),
                variants: variants.iter().map(|variant| (*variant).to_owned()).collect(),
            },
            Type::Outputs(outputs) => Self::Struct {
                name: "outputs".to_owned(),
                fields: outputs.iter().map(|output| (*output).into()).collect(),
            },
            Type::Struct(StructType { name, fields }) => Self::Struct {
                name: (*name).to_owned(),
                fields: fields.iter().map(|field| (*field).into()).collect(),
            },
        }
    }
}

impl From<AllowedSecret> for model::AllowedSecret {
    fn from(allowed: AllowedSecret) -> Self {
        Self {
            place: allowed.place.into(),
            secret: allowed.secret.to_owned(),
            because: allowed.because.to_owned(),
        }
    }
}

impl From<AllowedPlace> for model::AllowedPlace {
    fn from(place: AllowedPlace) -> Self {
        match place {
            AllowedPlace::Output(place) => Self::Output(place.to_owned()),
            AllowedPlace::Input(place) => Self::Input(place.to_owned()),
        }
    }
}

impl From<Resources> for model::Resources {
    fn from(Resources { cpu, memory, gpu, disk }: Resources) -> Self {
        let [cpu, memory, gpu, disk] = [cpu, memory, gpu, disk].map(|amount| amount.map(str::to_owned));
        Self { cpu, memory, gpu, disk }
    }
}
