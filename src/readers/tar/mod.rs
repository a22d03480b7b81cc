//! stub
use super::*;
pub(super) static READER: Reader = Reader { doc: Doc{id:"tar",title:"",specifications:&[],limitations:&[]}, probe:|_|false, form: Form::Stream(|_,_|{}) };
