use kernel::prelude::*;

module! {
    type: Devscope,
    name: "devscope",
    authors: ["The Devscope developers"],
    description: "Drivers that touch their device only while it is bound",
    license: "GPL v2",
}

struct Devscope;

impl kernel::Module for Devscope {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Devscope)
    }
}
