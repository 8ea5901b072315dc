struct Devscope;

impl kernel::Module for Devscope {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Devscope)
    }
}
